"""Files of CIFAR's "binary version": records of label bytes and 3,072 pixel bytes, channel by
channel, in a folder that a user has unpacked."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lenet.dsl.files import read_file
from lenet.runtime.data.dataset import FOLDER_ARGUMENTS, DataError, Dataset, Images

SHAPE = (3, 32, 32)
_PIXELS = 3 * 32 * 32
_MOST = 100_000  # records of a file


@dataclass(frozen=True)
class Cifar:
    """One of the datasets of this form: `name` in the language, `title` among people.

    Unpacked, the `archive` has files of `training` images, a pattern, and one of images to `test`.
    Of `labels` bytes a record, the last is the number of one of the `classes`.
    """

    name: str
    title: str
    archive: str
    training: str
    test: str
    labels: int
    classes: tuple[str, ...]

    def load(self, folder: Path | None) -> Dataset:
        """As many files of training images as there are, and the test images; raises DataError.

        They lie in `folder`, else in $LENET_DATA, or in a folder there whose name begins with
        cifar.
        """
        unpack = f"unpack {self.archive} from https://www.cs.toronto.edu/~kriz/cifar.html, and put "
        unpack += "it into a folder that LENET_DATA names, or name its folder with "
        fixes = f"{unpack}--data", f"{unpack}{FOLDER_ARGUMENTS}"
        root = folder or Path(os.environ.get("LENET_DATA", "")).expanduser()
        if folder is None and not os.environ.get("LENET_DATA"):
            raise DataError(f"I do not know where {self.title} is.", "", *fixes)
        for place in (root, *sorted(p for p in root.glob("cifar*") if p.is_dir())):
            train = sorted(place.glob(self.training))
            if train and (place / self.test).is_file():
                images = [self._read(path) for path in train]
                pixels = np.concatenate([part.pixels for part in images])
                numbers = np.concatenate([part.labels for part in images])
                test = self._read(place / self.test)
                return Dataset(self.name, Images(pixels, numbers), test, self.classes, 1 / 255)
        detail = f"I look for {self.training} and {self.test}."
        pickles = f"{self.archive.removesuffix('-binary.tar.gz')}-python"
        if (root / pickles).is_dir() or root.name == pickles:
            detail += f" {pickles} has pickles, which may run any program that is in them."
        raise DataError(f"{root} does not hold {self.title}.", detail, *fixes)

    def _read(self, path: Path) -> Images:
        size = self.labels + _PIXELS
        again = "Download or unpack the file again."
        try:
            data = np.frombuffer(read_file(path, _MOST * size), np.uint8)
        except OSError as error:
            raise DataError(f"Cannot read {path}.", error.strerror or str(error)) from error
        if data.size == 0 or data.size % size:
            detail = f"It has {data.size:,} bytes, which are not whole records of {size:,}."
            raise DataError(f"{path} is damaged.", detail, again)
        records = data.reshape(-1, size)
        numbers = records[:, self.labels - 1].astype(np.int32)
        if numbers.max() >= len(self.classes):
            detail = f"The label of image {int(numbers.argmax()):,} is {numbers.max()}."
            raise DataError(f"{path} is damaged.", detail, again)
        pixels = np.ascontiguousarray(records[:, self.labels :]).reshape(-1, *SHAPE)
        return Images(pixels, numbers)
