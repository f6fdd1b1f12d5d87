"""What every source of data delivers: images and labels, for training and for testing."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.machine import total_memory
from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean
from lenet.dsl.shapes import show
from lenet.runtime.random_streams import of_held_out

if TYPE_CHECKING:
    from lenet.runtime.data.encoded import Encoded
    from lenet.runtime.data.features import Features

MOST_WEIGHT = 2**20  # that an image may have
# Where a folder with a dataset's files is named in Python.
FOLDER_ARGUMENTS = "data= of lenet.train, or folder= of lenet.datasets.load"


class DataError(LenetError):
    """Data that are missing, damaged or do not fit together."""


def check_fits(name: str, needed: int) -> None:
    """DataError where images, in bytes, are more than this process may have in its memory."""
    memory = total_memory()
    if memory and needed > memory:
        raise DataError(
            f"{name} does not fit into this machine's memory",
            f"The images need {needed / 2**30:,.1f} GiB, the machine or its container has "
            f"{memory / 2**30:,.1f}.",
            "take fewer images; with Spark, executors keep `images` and `parquet` in files",
        )


@dataclass(frozen=True, eq=False)
class Images:
    """Labelled images.

    pixels: uint8 or float32, C-contiguous, (count, channels, height, width); or what makes such
        bytes of pictures when they are due
    labels: int32, (count,), 0-based classes; or float32, (count, answers), numbers or yes (1) and
        no (0)
    weights: float32, (count,), how much each counts in a training, at least 0; None: all alike
    """

    pixels: "NDArray[Any] | Encoded"
    labels: NDArray[Any]
    weights: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if self.pixels.dtype not in (np.uint8, np.float32) or len(self.pixels.shape) != 4:
            found = f"{self.pixels.dtype} {self.pixels.shape}"
            detail = f"They are uint8 or float32 (count, channels, height, width), not {found}."
            raise DataError("These pixels cannot be used.", detail)
        dimensions = {np.dtype(np.int32): 1, np.dtype(np.float32): 2}.get(self.labels.dtype)
        rows = len(self.pixels)
        if self.labels.ndim != dimensions or len(self.labels) != rows:
            found = f"{self.labels.dtype} {self.labels.shape}"
            detail = (
                f"There is one int32, or a row of float32, for each of {rows} images, not {found}."
            )
            raise DataError("These labels cannot be used.", detail)
        if self.of_classes and len(self.labels) and self.labels.min() < 0:
            raise DataError("A label is negative.", "Labels count from 0.")
        weights = self.weights
        if weights is not None and not (
            weights.dtype == np.float32
            and weights.shape == self.labels.shape[:1]
            and (np.isfinite(weights) & (weights >= 0) & (weights < MOST_WEIGHT)).all()
        ):
            raise DataError(
                "These weights cannot be used.",
                f"There is one float32, from 0 to below {MOST_WEIGHT:,}, for each image.",
            )
        if isinstance(self.pixels, np.ndarray) and not self.pixels.flags.c_contiguous:
            object.__setattr__(self, "pixels", np.ascontiguousarray(self.pixels))
        if not self.labels.flags.c_contiguous:
            object.__setattr__(self, "labels", np.ascontiguousarray(self.labels))

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def of_classes(self) -> bool:
        """Whether the labels are classes."""
        return self.labels.ndim == 1

    @property
    def answers(self) -> int:
        """How many an image has that are no class."""
        return 0 if self.of_classes else self.labels.shape[1]

    def __repr__(self) -> str:
        labels = f", labels {self.labels.min():g} to {self.labels.max():g}" if len(self) else ""
        shape = show(self.pixels.shape[1:])
        return f"<Images: {len(self):,} of {shape}, {self.pixels.dtype}{labels}>"

    def take(self, rows: NDArray[np.intp]) -> "Images":
        """Copy the images at the positions `rows`."""
        weights = None if self.weights is None else self.weights[rows]
        if isinstance(self.pixels, np.ndarray):
            return Images(self.pixels[rows], self.labels[rows], weights)
        return Images(self.pixels.take(rows), self.labels[rows], weights)

    @property
    def array(self) -> NDArray[Any]:
        """All pixels as an array."""
        return self.pixels if isinstance(self.pixels, np.ndarray) else self.pixels[:]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images to learn from and, where there are any, images to test with.

    scale: a pixel's value is what is stored times `scale`: 1/255 for bytes, 1/16 for digits
    classes: their names, () where labels are only numbers; or those of answers that are no classes
    left_out: why pictures that cannot be read were left out, as `skip unreadable` says
    pad: rows and columns of zeros around every image
    features: how rows are made of a table's columns, where they are no images
    """

    name: str
    train: Images
    test: Images | None
    classes: tuple[str, ...]
    scale: float
    left_out: tuple[str, ...] = ()
    pad: tuple[int, int] = (0, 0)
    features: "Features | None" = None

    def __repr__(self) -> str:
        test = "none" if self.test is None else f"{len(self.test):,}"
        name = clean(self.name[:80])
        return (
            f"<Dataset {name}: {len(self.train):,} images to train with, {test} to test, "
            f"{show(self.shape)}, {len(self.classes):,} {self._answered}>"
        )

    @property
    def _answered(self) -> str:
        return "classes" if self.train.of_classes else "answers"

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of every image."""
        _, channels, height, width = self.train.pixels.shape
        return channels, height, width

    def padded(self, pad: tuple[int, int]) -> "Dataset":
        """With rows and columns of zeros around every image."""

        def around(images: Images) -> Images:
            if not isinstance(images.pixels, np.ndarray):
                return replace(images, pixels=images.pixels.with_pad(pad))
            widths = ((0, 0), (0, 0), (pad[0], pad[0]), (pad[1], pad[1]))
            return replace(images, pixels=np.pad(images.pixels, widths))

        test = None if self.test is None else around(self.test)
        return replace(self, train=around(self.train), test=test, pad=pad)

    def answered_by_images(self) -> "Dataset":
        """With the values of each image, one behind the other, as its answers."""
        values, count = math.prod(self.shape), len(self.train) + len(self.test or ())
        check_fits(self.name, np.dtype(np.float32).itemsize * values * count)

        def answered(images: Images) -> Images:
            own = images.array.reshape(len(images), values).astype(np.float32)
            own *= np.float32(self.scale)
            return replace(images, labels=own)

        test = None if self.test is None else answered(self.test)
        names = tuple(f"pixel {k}" for k in range(values))
        return replace(self, train=answered(self.train), test=test, classes=names)

    def hold_out(self, count: int, seed: int) -> "Dataset":
        """Move `count` training images, chosen by `seed` (0 or more), into the test set.

        A former test set is left out. Both parts keep the order of the training images.
        Raises DataError unless 1 <= count < number of training images.
        """
        total = len(self.train)
        held_out = np.sort(chosen_rows(total, count, seed))
        return self.parted(np.delete(np.arange(total), held_out), held_out)

    def parted(self, kept: NDArray[np.intp], held_out: NDArray[np.intp]) -> "Dataset":
        """The training images at the positions `kept` to train with, and others to test with. A
        former test set is left out."""
        return replace(self, train=self.train.take(kept), test=self.train.take(held_out))


def chosen_rows(total: int, count: int, seed: int) -> NDArray[np.intp]:
    """`count` of the rows 0 … total, by chance; DataError where that is too many."""
    if not 1 <= count < total:
        raise DataError(
            f"`validate {count}` would hold out {count:,} of {total:,} training images",
            "Some are to be left to train with." if total > 1 else "",
            f"write `validate {max(1, total // 5)}`, a fifth of them, in the data section"
            if total > 1
            else "train with more images",
        )
    return np.argsort(of_held_out(seed).random_raw(total), kind="stable")[:count]
