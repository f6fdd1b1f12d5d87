"""Optuna, which samples and stops early; an extra, since nothing else needs it."""

from typing import Any

from lenet.runtime.extras import need


def load_optuna() -> Any:
    """The package, silent but for its warnings; LenetError where it is not installed."""
    need("search", "a search")
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
