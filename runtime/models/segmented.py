"""What a net says of images, place by place."""

from dataclasses import dataclass, replace
from typing import overload

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.shapes import Shape
from lenet.runtime.models.prediction import Answered, Kept
from lenet.runtime.unit import Unit


@dataclass(frozen=True, eq=False, repr=False)
class Segmented(Answered):
    """A class for each place of each image.

    `masks` (count, height, width) are the likeliest classes, whose `names` are in their order, and
    `probabilities` (count, classes, height, width) those of all. `values` (count, classes) are the
    parts of an image's places that are taken for each class.
    """

    masks: NDArray[np.uint8] | NDArray[np.int32] = None  # type: ignore[assignment]
    probabilities: NDArray[np.float32] = None  # type: ignore[assignment]

    @classmethod
    def of(
        cls, unit: Unit, outputs: NDArray[np.float32], shape: Shape, names: tuple[str, ...],
        first: Kept,
    ) -> "Segmented":  # fmt: skip
        """Of a net's outputs, each a map of this shape: classes, height, width."""
        classes = shape[0]
        probabilities = unit.all_of(outputs).astype(np.float32).reshape(-1, *shape)
        kind = np.uint8 if classes <= 256 else np.int32
        masks = probabilities.argmax(axis=1).astype(kind)
        shares = [(masks == k).mean(axis=(1, 2), dtype=np.float64) for k in range(classes)]
        values = np.stack(shares, axis=1).astype(np.float32)
        return cls(values, names, "places", first, masks, probabilities)

    @overload
    def __getitem__(self, k: int) -> dict[str, float]: ...
    @overload
    def __getitem__(self, k: slice) -> "Segmented": ...
    def __getitem__(self, k: int | slice) -> "dict[str, float] | Segmented":
        if not isinstance(k, slice):
            return super().__getitem__(k)
        masks, probabilities = self.masks[k], self.probabilities[k]
        return replace(
            self, values=self.values[k], kept=None, masks=masks, probabilities=probabilities
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Segmented):
            return NotImplemented
        same = np.array_equal(self.probabilities, other.probabilities)
        return same and self.names == other.names

    __hash__ = None  # type: ignore[assignment]  # as that of the arrays
