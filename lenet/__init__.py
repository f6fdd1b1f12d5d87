"""lenet: a small text language for neural networks, its compiler, and a Spark runtime.

    net = lenet.load("lenet5.lenet")
    print(net.summary())
    model = lenet.train("lenet5.lenet", data="folder")
    model.predict(images).classes

See `lenet.api` for what these take and raise.
"""

from typing import TYPE_CHECKING, Any

from lenet.runtime.shown import set_renderer

if TYPE_CHECKING:
    from lenet import datasets
    from lenet.api import Network, load, open, train
    from lenet.cross_validating import cross_validate
    from lenet.dsl.errors import LenetError
    from lenet.runtime.cross_validation import CrossValidation
    from lenet.runtime.data.dataset import Dataset, Images
    from lenet.runtime.models.model import Model
    from lenet.runtime.models.prediction import Answered, Prediction
    from lenet.runtime.search.record import Found
    from lenet.searching import search

__version__ = "0.1.0"
__all__ = [
    "Answered",
    "Columns",
    "CrossValidation",
    "Dataset",
    "Found",
    "Images",
    "LenetError",
    "Model",
    "Network",
    "Prediction",
    "cross_validate",
    "datasets",
    "forecast",
    "load",
    "open",
    "search",
    "train",
    "udf",
]

_PLACES = {
    "Answered": "lenet.runtime.models.prediction",
    "Columns": "lenet.runtime.data.columns",
    "CrossValidation": "lenet.runtime.cross_validation",
    "Dataset": "lenet.runtime.data.dataset",
    "Found": "lenet.runtime.search.record",
    "Images": "lenet.runtime.data.dataset",
    "LenetError": "lenet.dsl.errors",
    "Model": "lenet.runtime.models.model",
    "Prediction": "lenet.runtime.models.prediction",
    "cross_validate": "lenet.cross_validating",
    "search": "lenet.searching",
}


def _html(value: Any) -> str:
    """Of a model or a prediction: the runtime knows no pages. Only notebooks ask for it."""
    from lenet.pages.pages import html

    return html(value)


set_renderer(_html)


def __getattr__(name: str) -> Any:
    """Import on first use: `lenet check` must not wait for numpy and numba."""
    if name not in __all__:
        raise AttributeError(f"module 'lenet' has no attribute {name!r}")
    import importlib

    if name == "datasets":
        return importlib.import_module("lenet.datasets")
    return getattr(importlib.import_module(_PLACES.get(name, "lenet.api")), name)


def __dir__() -> list[str]:
    """What is public, and no module that happens to be loaded."""
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])
