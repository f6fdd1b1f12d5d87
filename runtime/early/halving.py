"""halving: Optuna's, whose first step follows from how long a trial is."""

from typing import Any

from lenet.dsl.early import FACTOR
from lenet.dsl.vocabulary import Use
from lenet.runtime.search.optuna import load_optuna


def pruner(use: Use, longest: int) -> Any:
    """See lenet.runtime.early."""
    factor = use[FACTOR.name]
    first = max(1, longest // factor**2)
    return load_optuna().pruners.SuccessiveHalvingPruner(
        min_resource=first, reduction_factor=factor
    )
