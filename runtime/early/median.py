"""median: Optuna's."""

from typing import Any

from lenet.dsl.vocabulary import Use
from lenet.runtime.search.optuna import load_optuna


def pruner(use: Use, longest: int) -> Any:
    """See lenet.runtime.early."""
    return load_optuna().pruners.MedianPruner(n_startup_trials=5)
