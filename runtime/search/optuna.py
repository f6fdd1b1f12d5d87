"""Optuna, which samples and stops early; an extra, since nothing else needs it."""

from typing import Any

from lenet.dsl.errors import LenetError


def load_optuna() -> Any:
    """The package, silent but for its warnings; LenetError where it is not installed."""
    try:
        import optuna
    except ImportError:
        title = "a search needs the package optuna"
        raise LenetError(title, "", "install it: pip install 'lenet[search]'") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
