"""CIFAR-10: 50,000 training and 10,000 test photographs of 10 classes, 3x32x32 bytes.

A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009; the files of the
"binary version": records of a label byte and 3,072 pixel bytes, channel by channel.
"""

import os
from pathlib import Path

import numpy as np

from lenet.dsl.files import read_file
from lenet.runtime.data.dataset import FOLDER_ARGUMENTS, DataError, Dataset, Images
from lenet.runtime.datasets import Wanted

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SHAPE = (3, 32, 32)
_RECORD = 1 + 3 * 32 * 32
_MOST = 100_000 * _RECORD
_UNPACK = (
    "unpack cifar-10-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html, and put it "
    "into a folder that LENET_DATA names, or name its folder with "
)
_FIX = f"{_UNPACK}--data"
_PYTHON = f"{_UNPACK}{FOLDER_ARGUMENTS}"


def load(wanted: Wanted) -> Dataset:
    """The files data_batch_*.bin, as many as there are, and test_batch.bin; raises DataError.

    They lie in the wanted folder, else in $LENET_DATA, or in a folder there whose name begins with
    cifar.
    """
    folder = wanted.folder
    root = folder or Path(os.environ.get("LENET_DATA", "")).expanduser()
    if folder is None and not os.environ.get("LENET_DATA"):
        raise DataError("I do not know where CIFAR-10 is.", "", _FIX, _PYTHON)
    for place in (root, *sorted(p for p in root.glob("cifar*") if p.is_dir())):
        train = sorted(place.glob("data_batch_*.bin"))
        if train and (place / "test_batch.bin").is_file():
            images = [_read(path) for path in train]
            pixels = np.concatenate([part.pixels for part in images])
            labels = np.concatenate([part.labels for part in images])
            test = _read(place / "test_batch.bin")
            return Dataset("cifar10", Images(pixels, labels), test, CLASSES, 1 / 255)
    detail = "I look for data_batch_1.bin …"
    raise DataError(f"{root} does not hold CIFAR-10.", detail, _FIX, _PYTHON)


def _read(path: Path) -> Images:
    try:
        data = np.frombuffer(read_file(path, _MOST), np.uint8)
    except OSError as error:
        raise DataError(f"Cannot read {path}.", error.strerror or str(error)) from error
    if data.size == 0 or data.size % _RECORD:
        detail = f"It has {data.size:,} bytes, which are not whole records of {_RECORD:,}."
        raise DataError(f"{path} is damaged.", detail, "Download or unpack the file again.")
    records = data.reshape(-1, _RECORD)
    labels = records[:, 0].astype(np.int32)
    if labels.max() >= len(CLASSES):
        detail = f"The label of image {int(labels.argmax()):,} is {labels.max()}."
        raise DataError(f"{path} is damaged.", detail, "Download or unpack the file again.")
    return Images(np.ascontiguousarray(records[:, 1:]).reshape(-1, *SHAPE), labels)
