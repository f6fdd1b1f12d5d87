"""The datasets that the language knows by name, as arrays.

digits = lenet.datasets.load("digits")
digits.train.pixels, digits.train.labels  # uint8 (1437, 1, 8, 8), int32 (1437,)
digits.test.pixels, digits.classes
"""

from pathlib import Path
from typing import TYPE_CHECKING

from lenet.dsl.datasets import DATASETS
from lenet.dsl.errors import LenetError
from lenet.dsl.messages.diagnostics import closest

if TYPE_CHECKING:
    from lenet.runtime.data.dataset import Dataset

__all__ = ["load", "names"]


def names() -> tuple[str, ...]:
    """Those that need no path of yours."""
    return tuple(name for name, known in DATASETS.items() if known.shape)


def load(name: str, folder: str | Path | None = None) -> "Dataset":
    """All images of a dataset, before whatever a `data` section would do with them.

    `folder` holds its files; without it they are looked for in the folder that LENET_DATA names,
    and MNIST is downloaded. The digits come with scikit-learn. Raises LenetError.
    """
    if name not in names():
        near = closest(str(name), names())
        fix = f'did you mean "{near}"?' if near else f"there is {', '.join(names())}"
        raise LenetError(f"there is no dataset {name!r}", "", fix)
    from lenet.runtime.datasets import load_dataset

    return load_dataset(name, folder=Path(folder) if folder is not None else None)


def __dir__() -> list[str]:
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])
