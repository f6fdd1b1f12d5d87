"""hyperband: Optuna's."""

from typing import Any

from lenet.dsl.early import FACTOR
from lenet.dsl.vocabulary import Use
from lenet.runtime.search.optuna import load_optuna


def pruner(use: Use, longest: int) -> Any:
    """See lenet.runtime.early."""
    return load_optuna().pruners.HyperbandPruner(
        min_resource=1, max_resource=longest, reduction_factor=use[FACTOR.name]
    )
