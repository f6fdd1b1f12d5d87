"""What is known of a value of an ONNX graph: which of ours it is, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.shapes import Shape, product
from lenet.runtime.imports.draft import Floats

Order = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Front:
    """What is done to the data before the net sees them: zeros in so many rows and columns around,
    then a scale and a shift of each channel."""

    scale: Floats
    shift: Floats
    pad: tuple[int, int] = (0, 0)

    @property
    def plain(self) -> bool:
        """Whether values are as in the data."""
        return bool((self.scale == 1).all()) and not self.shift.any()

    @property
    def even(self) -> bool:
        """Whether all channels, or all numbers of a row, are treated alike."""
        return bool((self.scale == self.scale[0]).all() and (self.shift == self.shift[0]).all())

    @property
    def bare(self) -> bool:
        """Whether nothing is done."""
        return self.plain and self.pad == (0, 0)

    def same(self, other: "Front") -> bool:
        """Whether both do the same."""
        return (
            self.pad == other.pad
            and np.array_equal(self.scale, other.scale)
            and np.array_equal(self.shift, other.shift)
        )


@dataclass(frozen=True, eq=False)
class Value:
    """The draft's value `step`, whose elements are arranged as `order` says: it has the shape that
    the graph's value has, without the axis of the images, and in each place the number of the
    element that stands there, counted in ours. None: the same shape, and the same order.

    `front` is there as long as only the data's preparation has been read.
    """

    step: int
    shape: Shape
    order: Order | None = None
    front: Front | None = None

    @property
    def full_order(self) -> Order:
        """`order`, also where it is the usual one."""
        if self.order is not None:
            return self.order
        return np.arange(product(self.shape), dtype=np.int64).reshape(self.shape)

    @property
    def graph_shape(self) -> Shape:
        """That of the graph's value, without the axis of the images."""
        return self.shape if self.order is None else self.order.shape

    @property
    def straight(self) -> bool:
        """Whether its elements follow each other as ours do."""
        if self.order is None:
            return True
        flat = self.order.ravel()
        return len(flat) == product(self.shape) and bool((flat == np.arange(len(flat))).all())

    def axes(self) -> tuple[int | None, ...]:
        """For each axis of the graph's value, that of ours, None for one of a single place that we
        do not have; () where an axis is none of ours."""
        if self.order is None:
            return tuple(range(len(self.shape)))
        usual = np.arange(product(self.shape), dtype=np.int64).reshape(self.shape)
        if len(self.shape) == 1:
            long = [k for k, size in enumerate(self.order.shape) if size != 1]
            place = long[0] if long else 0
            fits = len(long) < 2 and self.straight
            return tuple(0 if k == place else None for k in range(self.order.ndim)) if fits else ()
        if self.order.ndim != 3:
            return ()
        for axes in ((0, 1, 2), (1, 2, 0), (2, 0, 1), (0, 2, 1), (1, 0, 2), (2, 1, 0)):
            if np.array_equal(self.order, usual.transpose(axes)):
                return axes
        return ()

    def places_of(self, whole: Sequence[int], rank: int) -> list[int]:
        """Axes of the graph, which may count from the end, without that of the images; ValueError
        where that is one of them."""
        axes = [axis + rank if axis < 0 else axis for axis in whole]
        if any(not 0 < axis < rank for axis in axes):
            raise ValueError
        return [axis - 1 for axis in axes]
