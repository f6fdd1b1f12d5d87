"""Datasets by name: images and labels as uint8 and int32 arrays."""

from pathlib import Path

from runtime.data.dataset import DataError, Dataset, Images
from runtime.data.digits import load_digits
from runtime.data.fetch import Progress
from runtime.data.idx import is_idx, load_idx, read_idx
from runtime.data.mnist import load_mnist

__all__ = ["DataError", "Dataset", "Images", "is_idx", "load_dataset", "read_idx"]


def load_dataset(
    kind: str,
    argument: str | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Load the dataset `kind`: "digits", "mnist" or "idx".

    `argument` is the directory of an "idx" dataset. `folder` holds local copies of "mnist";
    without it, MNIST may be downloaded, and `progress(file name, bytes done, bytes total)` tells
    how far that is (the total is 0 where the server does not tell it).

    Raises DataError.
    """
    if kind == "digits":
        if folder is not None:
            detail = f"They come with scikit-learn; nothing would be read from {folder}."
            raise DataError("The digits need no folder.", detail, "Leave --data out.")
        return load_digits()
    if kind == "mnist":
        return load_mnist(folder, progress)
    if kind != "idx":
        raise DataError(
            f'There is no dataset "{kind}".', fix='The datasets are "digits", "mnist" and "idx".'
        )
    if not argument:
        raise DataError(
            'The dataset "idx" needs a directory.',
            fix='Name the directory that holds the files: "idx" with an argument such as "data".',
        )
    return load_idx(Path(argument))
