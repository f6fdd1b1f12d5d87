"""Datasets by name: images and labels as uint8 and int32 arrays."""

from pathlib import Path

from lenet.dsl.datasets import DATASETS
from lenet.dsl.sections.data import Data
from lenet.dsl.shapes import Shape
from lenet.runtime.data.dataset import DataError, Dataset, Images
from lenet.runtime.data.formats.idx import is_idx, load_idx, read_idx
from lenet.runtime.data.formats.pictures import load_pictures
from lenet.runtime.datasets.cifar10 import load_cifar10
from lenet.runtime.datasets.digits import load_digits
from lenet.runtime.datasets.fetch import Progress
from lenet.runtime.datasets.mnist import load_fashion_mnist, load_mnist

__all__ = ["DataError", "Dataset", "Images", "is_idx", "load_dataset", "read_idx"]


def load_dataset(
    kind: str,
    argument: str | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
    shape: Shape | None = None,
    section: Data | None = None,
    classes: tuple[str, ...] | None = None,
) -> Dataset:
    """Load a dataset by its name in the language.

    `argument` is the path of "idx", "images" or "parquet". `folder` holds local copies of the
    others; without it, MNIST may be downloaded, and `progress(file name, bytes done, bytes total)`
    tells how far that is (the total is 0 where the server does not tell it). `shape` is that of the
    images, which a parquet file does not tell; the data `section` says how to read pictures, tables
    and labels. `classes` are those of a model, where the labels are text.

    Raises DataError.
    """
    if kind == "digits":
        if folder is not None:
            detail = f"They come with scikit-learn; nothing would be read from {folder}."
            raise DataError(
                "The digits need no folder.", detail, "Leave --data out.", "Leave the folder out."
            )
        return load_digits()
    if kind == "mnist":
        return load_mnist(folder, progress)
    if kind == "fashion-mnist":
        return load_fashion_mnist(folder)
    if kind == "cifar10":
        return load_cifar10(folder)
    section = section or Data(kind)
    if kind not in DATASETS or kind == "frame":
        raise DataError(
            f'There is no dataset "{kind}".',
            fix=f"The datasets are {', '.join(name for name in DATASETS if name != 'frame')}.",
        )
    if not argument:
        raise DataError(
            f'The dataset "{kind}" needs a path.',
            fix=f'Name it: "{kind}" with an argument such as "data".',
        )
    if kind == "images":
        return load_pictures(Path(argument), shape, section)
    if kind == "parquet":
        from lenet.runtime.data.formats.parquet import load_parquet

        return load_parquet(Path(argument), shape or (), section, classes)
    return load_idx(Path(argument))
