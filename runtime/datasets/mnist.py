"""MNIST: 60,000 training and 10,000 test images of handwritten digits, 1x28x28 bytes.

Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".
"""

import os
from collections.abc import Sequence
from pathlib import Path

from lenet.compiler.jit.folders import cache_folder, cache_is_temporary
from lenet.runtime.data.dataset import FOLDER_ARGUMENTS, DataError, Dataset
from lenet.runtime.data.formats.idx import read_pairs
from lenet.runtime.datasets import Progress, Wanted
from lenet.runtime.datasets.fetch import RemoteFile, fetch

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
FILES = (
    RemoteFile(
        "train-images-idx3-ubyte.gz",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    RemoteFile(
        "train-labels-idx1-ubyte.gz",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    RemoteFile(
        "t10k-images-idx3-ubyte.gz",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    RemoteFile(
        "t10k-labels-idx1-ubyte.gz",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)
CLASSES = tuple("0123456789")


def load(wanted: Wanted) -> Dataset:
    """See the package."""
    return load_mnist(wanted.folder, wanted.progress)


def load_mnist(
    folder: Path | None = None,
    progress: Progress | None = None,
    mirrors: Sequence[str] = MIRRORS,
) -> Dataset:
    """Load MNIST from `folder`, else from $LENET_DATA, else from the cache, else download it there.

    A folder may hold the four files itself or in its folder `mnist`. One that is given as
    `folder` must hold them. Raises DataError.
    """
    paths = find_in(folder) if folder else find_anywhere(progress, mirrors)
    train_images, train_labels, test_images, test_labels = paths
    train, test = read_pairs((train_images, train_labels), (test_images, test_labels), len(CLASSES))
    return Dataset("mnist", train, test, CLASSES, 1 / 255)


def find_in(folder: Path) -> list[Path]:
    """The four files below `folder`; raises DataError where one is missing."""
    best = max(places_in(folder), key=lambda place: len(find_files(place)))
    found = find_files(best)
    if len(found) == len(FILES):
        return list(found.values())
    missing = ", ".join(file.name for file in FILES if file.name not in found)
    raise DataError(f"{folder} does not hold MNIST.", f"Missing: {missing}", *where_to_put(best))


def find_anywhere(progress: Progress | None, mirrors: Sequence[str]) -> list[Path]:
    """The four files, in the folder that LENET_DATA names, or in the cache, where they are
    downloaded to if need be."""
    local = os.environ.get("LENET_DATA")
    for place in places_in(Path(local).expanduser()) if local else ():
        found = find_files(place)
        if len(found) == len(FILES):
            return list(found.values())
    cache = cache_folder() / "mnist"
    found = find_files(cache)
    try:
        return [found.get(file.name) or fetch(file, cache, mirrors, progress) for file in FILES]
    except DataError as error:
        place = Path("a folder") if cache_is_temporary() else cache
        raise DataError(error.title, error.detail, *where_to_put(place)) from error


def places_in(folder: Path) -> tuple[Path, Path]:
    """Where the files may lie in a folder that a user names."""
    return folder, folder / "mnist"


def find_files(place: Path) -> dict[str, Path]:
    """Those of the four files that lie in `place`, by their original names, in their order."""
    found = {}
    for file in FILES:
        name = file.name.removesuffix(".gz")
        dotted = name.replace("-idx", ".idx")  # what some unpackers make of it
        for variant in (name, dotted, f"{name}.gz", f"{dotted}.gz"):
            if file.name not in found and os.path.isfile(place / variant):
                found[file.name] = place / variant
    return found


def where_to_put(place: Path) -> tuple[str, str]:
    """What to do, on the command line and in Python."""
    names = ", ".join(file.name for file in FILES)
    put = f"Put these four files, gzipped or not, into {place}, or name the folder that holds them"
    return f"{put} with --data: {names}", f"{put} with {FOLDER_ARGUMENTS}: {names}"
