"""What a model says of images."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.answers import Answers
from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean
from lenet.dsl.shapes import Shape, product
from lenet.runtime.shown import Shown

MOST_KEPT = 24  # images of a prediction
_MOST_NAMED = 3  # in its repr
_LONGEST = 40  # of a name there


@dataclass(frozen=True)
class Predicted:
    """What a model says of one image: the most probable class, by its number from 0 and its name,
    and the probabilities of all classes in their order."""

    number: int
    label: str
    probability: float
    probabilities: tuple[float, ...]

    def __repr__(self) -> str:
        return clean(f"<Predicted {self.number}: {self.label[:_LONGEST]!r} {self.probability:.2%}>")


@dataclass(frozen=True, eq=False)
class Kept:
    """The first images of a prediction, to be looked at: bytes or values (count, channels, height,
    width), or (count, values) where they are no pictures. A pixel's value, from black to white
    0 to 1, is what is stored times `scale`."""

    pixels: NDArray[Any]
    scale: float


@dataclass(frozen=True, eq=False)
class Prediction(Shown):
    """`classes` (count,) are 0-based, `probabilities` is (count, number of classes).

    As a sequence it has a Predicted for each image; a slice is a Prediction. The first images are
    `kept`, for notebooks to show, and make no difference to what is equal.
    """

    classes: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    labels: tuple[str, ...]
    kept: Kept | None = field(default=None, repr=False)

    def label(self, k: int) -> str:
        """The name of image k's class."""
        return self.labels[int(self.classes[k])]

    def __len__(self) -> int:
        return len(self.classes)

    @overload
    def __getitem__(self, k: int) -> Predicted: ...
    @overload
    def __getitem__(self, k: slice) -> "Prediction": ...
    def __getitem__(self, k: int | slice) -> "Predicted | Prediction":
        if isinstance(k, slice):
            return self._part(k)
        if not isinstance(k, int | np.integer):
            raise LenetError(
                f"a prediction has no image {k!r}", "Images have numbers, from 0.", "write a number"
            )
        if not -len(self) <= k < len(self):
            raise IndexError(f"there is no image {k}: the prediction is of {len(self):,}")
        number, row = int(self.classes[k]), self.probabilities[k]
        probabilities = tuple(float(value) for value in row)
        return Predicted(number, self.labels[number], probabilities[number], probabilities)

    def __iter__(self) -> Iterator[Predicted]:
        return (self[k] for k in range(len(self)))

    def _part(self, chosen: slice) -> "Prediction":
        rows = range(len(self))[chosen]
        kept = self.kept
        if kept is not None:
            there = len(kept.pixels)
            first = list(takewhile(lambda k: k < there, rows))
            kept = replace(kept, pixels=kept.pixels[first])
        return Prediction(self.classes[chosen], self.probabilities[chosen], self.labels, kept)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Prediction):
            return NotImplemented
        return self.labels == other.labels and all(
            np.array_equal(a, b)
            for a, b in (
                (self.classes, other.classes), (self.probabilities, other.probabilities)
            )
        )  # fmt: skip

    __hash__ = None  # type: ignore[assignment]  # as that of the arrays

    def __repr__(self) -> str:
        count = f"{len(self):,} image" + ("" if len(self) == 1 else "s")
        first = [f"{p.label[:_LONGEST]!r} {p.probability:.2%}" for p in self[:_MOST_NAMED]]
        more = ", …" if len(self) > _MOST_NAMED else ""
        named = f": {', '.join(first)}{more}" if first else ""
        return clean(f"<Prediction of {count}, {len(self.labels):,} classes{named}>")


@dataclass(frozen=True, eq=False)
class Answered(Shown):
    """What a net says of images whose answers are no classes.

    `values` (count, outputs) are numbers as the data's columns have them, or where its answers are
    "yes or no" the probabilities of yes; `names` are those of the outputs. As a sequence it has a
    dict of a value for each name, for each image; a slice is an Answered.
    """

    values: NDArray[np.float32]
    names: tuple[str, ...]
    answers: Answers
    kept: Kept | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.values)

    @overload
    def __getitem__(self, k: int) -> dict[str, float]: ...
    @overload
    def __getitem__(self, k: slice) -> "Answered": ...
    def __getitem__(self, k: int | slice) -> "dict[str, float] | Answered":
        if isinstance(k, slice):
            return replace(self, values=self.values[k], kept=None)
        if not isinstance(k, int | np.integer):
            raise LenetError(
                f"a prediction has no image {k!r}", "Images have numbers, from 0.", "write a number"
            )
        if not -len(self) <= k < len(self):
            raise IndexError(f"there is no image {k}: the prediction is of {len(self):,}")
        return dict(zip(self.names, map(float, self.values[k]), strict=True))

    def __iter__(self) -> Iterator[dict[str, float]]:
        return (self[k] for k in range(len(self)))

    def shown(self, k: int) -> list[str]:
        """The values of an image as people read them."""
        if self.answers == "numbers":
            return [f"{value:.6g}" for value in self.values[k]]
        return [f"{value:.2%}" for value in self.values[k]]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Answered):
            return NotImplemented
        return self.names == other.names and np.array_equal(self.values, other.values)

    __hash__ = None  # type: ignore[assignment]  # as that of the arrays

    def __repr__(self) -> str:
        count = f"{len(self):,} image" + ("" if len(self) == 1 else "s")
        names = [name[:_LONGEST] for name in self.names[:_MOST_NAMED]]
        first = (
            ", ".join(f"{name} {value}" for name, value in zip(names, self.shown(0), strict=False))
            if len(self)
            else ""
        )
        more = ", …" if len(self) > 1 or len(self.names) > _MOST_NAMED else ""
        named = f": {first}{more}" if first else ""
        return clean(f"<Answered of {count}, {self.answers}{named}>")


def kept(images: NDArray[Any], count: int, shapes: tuple[Shape, ...], scale: float) -> Kept:
    """A copy of the first of `count` images, each of one of these shapes or flat: what the caller
    does with them later changes nothing, and the others can be forgotten."""
    first = images if count == 1 else images[:MOST_KEPT]
    size = first.size if count == 1 else product(first.shape[1:])
    flat = first.reshape(-1, size).copy()
    shape = next((s for s in shapes if product(s) == flat.shape[1]), flat.shape[1:])
    return Kept(flat.reshape(-1, *shape), 1.0 if flat.dtype != np.uint8 else scale)
