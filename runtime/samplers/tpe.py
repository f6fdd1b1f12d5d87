"""tpe: Optuna's."""

from collections.abc import Sequence

from lenet.dsl.search.space import Space
from lenet.dsl.vocabulary import Use
from lenet.runtime.samplers import Chooser, OptunaChooser
from lenet.runtime.search.optuna import load_optuna


def chooser(use: Use, spaces: Sequence[Space], seed: int) -> Chooser:
    """See lenet.runtime.samplers."""
    return OptunaChooser(load_optuna().samplers.TPESampler(seed=seed), spaces)
