"""The IDX format of the MNIST files, gzipped or not, and directories of such files.

An IDX file is big-endian: two zero bytes, one byte for the element type, one for the number of
dimensions, a 32-bit size for each dimension, then the elements, the last dimension fastest.
"""

import gzip
import math
import os
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.files import open_file
from lenet.runtime.data.dataset import DataError, Dataset, Images, check_fits

UNSIGNED_BYTE = 0x08
ELEMENT_TYPES = {
    UNSIGNED_BYTE: "unsigned byte",
    0x09: "signed byte",
    0x0B: "16-bit integer",
    0x0C: "32-bit integer",
    0x0D: "32-bit float",
    0x0E: "64-bit float",
}
MAX_DIMENSIONS = 4
MAX_INFLATION = 1032  # deflate cannot pack a file any tighter
CHUNK = 1 << 20
GZIP_ERRORS = (gzip.BadGzipFile, EOFError, zlib.error)


def open_unzipped(path: Path) -> BinaryIO:
    """Open a file for reading its unzipped bytes; the content decides, not the name."""
    with open_file(path) as file:
        zipped = file.read(2) == b"\x1f\x8b"
    return cast(BinaryIO, gzip.open(path)) if zipped else path.open("rb")


def is_idx(path: Path) -> bool:
    """Whether the file can be read and begins as an IDX file does, of whatever element type."""
    try:
        with open_unzipped(path) as stream:
            return is_magic(stream.read(4))
    except (OSError, *GZIP_ERRORS):
        return False


def is_magic(magic: bytes) -> bool:
    """Whether four bytes begin an IDX file: 0, 0, an element type, the number of dimensions."""
    return (
        len(magic) == 4
        and magic[:2] == b"\0\0"
        and magic[2] in ELEMENT_TYPES
        and 1 <= magic[3] <= MAX_DIMENSIONS
    )


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes as an array of 1 to 4 dimensions.

    Raises DataError where the file is missing, damaged or holds other elements.
    """
    try:
        with open_unzipped(path) as stream:
            return read_stream(path, stream)
    except GZIP_ERRORS as error:
        raise damaged(path, f"Its gzip packing is broken: {error}.") from error
    except OSError as error:
        raise DataError(f"Cannot read {path}.", error.strerror or str(error)) from error


def read_stream(path: Path, stream: BinaryIO) -> NDArray[np.uint8]:
    """The array that an open, unzipped file at `path` holds; DataError where it is damaged."""
    shape = read_shape(path, stream)
    expected = math.prod(shape)
    # A damaged header must not make us ask for terabytes.
    if expected > path.stat().st_size * MAX_INFLATION:
        raise damaged(path, f"It is cut short: its header promises {expected:,} bytes of data.")
    check_fits(str(path), expected)
    elements = np.empty(expected, np.uint8)
    done = 0
    while done < expected:
        # In chunks, because gzip would hold a second copy of whatever is asked for at once.
        received = stream.read(min(CHUNK, expected - done))
        if not received:
            raise damaged(
                path, f"It is cut short: {done:,} bytes of data where {expected:,} should be."
            )
        elements[done : done + len(received)] = np.frombuffer(received, np.uint8)
        done += len(received)
    if stream.read(1):
        raise damaged(path, f"More bytes follow the {expected:,} bytes of data.")
    return elements.reshape(shape)


def read_shape(path: Path, stream: BinaryIO) -> tuple[int, ...]:
    """The shape that a file's header tells; DataError where that is none, or is not of bytes."""
    magic = stream.read(4)
    if len(magic) < 4:
        raise damaged(path, f"It is cut short: {len(magic)} bytes where a header should be.")
    if not is_magic(magic):
        raise DataError(
            f"{path} is not an IDX file.",
            f"It begins with the magic number 0x{magic.hex()}; a file of images begins with "
            "0x00000803 or 0x00000804, a file of labels with 0x00000801.",
        )
    if magic[2] != UNSIGNED_BYTE:
        raise DataError(
            f"{path} holds elements of an unsupported type.",
            f"Its element type is 0x{magic[2]:02x} ({ELEMENT_TYPES[magic[2]]}); "
            f"only 0x{UNSIGNED_BYTE:02x} (unsigned byte) is supported.",
            "Convert the elements to bytes.",
        )
    sizes = stream.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise damaged(
            path, f"It is cut short: its header has {4 + len(sizes)} of {4 + 4 * magic[3]} bytes."
        )
    return tuple(int(size) for size in np.frombuffer(sizes, ">u4"))


def damaged(path: Path, detail: str) -> DataError:
    """What is said of a file that is not what its header promises."""
    return DataError(f"{path} is damaged.", detail, "Download or write the file again.")


def read_images(path: Path) -> NDArray[np.uint8]:
    """Read images as (count, channels, height, width); three dimensions mean one channel."""
    pixels = read_idx(path)
    if pixels.ndim not in (3, 4):
        raise DataError(
            f"{path} is not a file of images.",
            f"It has {pixels.ndim} dimensions; images have 3 (count, height, width) or "
            "4 (count, channels, height, width).",
        )
    if pixels.size == 0:
        raise DataError(f"{path} holds no images.", f"Its dimensions are {pixels.shape}.")
    return pixels if pixels.ndim == 4 else pixels[:, None]


def read_pair(images_path: Path, labels_path: Path, class_count: int = 256) -> Images:
    """Read a file of images and the file of their labels, each below `class_count`."""
    labels = read_idx(labels_path)
    if labels.ndim != 1:
        raise DataError(
            f"{labels_path} is not a file of labels.",
            f"It has {labels.ndim} dimensions; labels have 1.",
        )
    pixels = read_images(images_path)
    if len(pixels) != len(labels):
        raise DataError(
            f"{images_path} and {labels_path} do not belong together.",
            f"{len(pixels):,} images, but {len(labels):,} labels.",
        )
    if (largest := int(labels.max())) >= class_count:
        raise DataError(
            f"{labels_path} holds a label out of range.",
            f"Label {largest} at position {int(labels.argmax()):,}; "
            f"labels are 0 to {class_count - 1}.",
        )
    return Images(pixels, labels.astype(np.int32))


def read_pairs(
    train_paths: tuple[Path, Path], test_paths: tuple[Path, Path] | None, class_count: int = 256
) -> tuple[Images, Images | None]:
    """Read training and test images from (images, labels) files; their shapes must agree."""
    train = read_pair(*train_paths, class_count)
    if test_paths is None:
        return train, None
    test = read_pair(*test_paths, class_count)
    if train.pixels.shape[1:] != test.pixels.shape[1:]:
        raise DataError(
            f"{train_paths[0]} and {test_paths[0]} hold images of different shapes.",
            f"Training images are {train.pixels.shape[1:]}, test images {test.pixels.shape[1:]} "
            "(channels, height, width).",
        )
    return train, test


def load_idx(directory: Path) -> Dataset:
    """Load train-images* and train-labels*, and t10k-* or test-* likewise where there are any.

    The classes are named "0", "1", ... up to the largest label. Raises DataError.
    """
    try:
        names = sorted(os.listdir(directory))
    except OSError as error:
        raise DataError(
            f"Cannot read the directory {directory}.", error.strerror or str(error)
        ) from error
    paths = [directory / name for name in names if not name.endswith(".part")]
    files = [path for path in paths if os.path.isfile(path)]
    train_paths = (
        require_file(directory, files, "train-images"),
        require_file(directory, files, "train-labels"),
    )
    test_paths = None
    for prefix in ("t10k", "test"):
        if any(path.name.startswith((f"{prefix}-images", f"{prefix}-labels")) for path in files):
            test_paths = (
                require_file(directory, files, f"{prefix}-images"),
                require_file(directory, files, f"{prefix}-labels"),
            )
            break
    train, test = read_pairs(train_paths, test_paths)
    largest = max(int(part.labels.max()) for part in (train, test) if part is not None)
    classes = tuple(str(label) for label in range(largest + 1))
    return Dataset(directory.resolve().name, train, test, classes, 1 / 255)


def require_file(directory: Path, files: list[Path], prefix: str) -> Path:
    """The one file whose name begins with `prefix`; gzipped twins count once."""
    found = {
        path.name.removesuffix(".gz"): path
        for path in reversed(files)
        if path.name.startswith(prefix)
    }
    if not found:
        raise DataError(
            f"{directory} holds no file {prefix}*.",
            fix=f"Put the IDX file there, for example {prefix}-idx"
            f"{1 if prefix.endswith('labels') else 3}-ubyte.gz.",
        )
    if len(found) > 1:
        raise DataError(
            f"{directory} holds more than one file {prefix}*.",
            f"They are {', '.join(sorted(found))}.",
            "Keep one of them.",
        )
    return found.popitem()[1]
