"""A worker's share of a dataset: the images of its slices, and some of those to validate with."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lenet.runtime.data.dataset import Images


def owned(count: int, rank: int, size: int) -> range:
    """The slices of one of `size` workers."""
    return range(rank, count, size)


@dataclass(frozen=True, eq=False)
class Shard:
    """`slices` are the images of this worker's slices, by their numbers.

    `rows` are the images to train with that all workers have together, in `count` slices. With
    `validation` this worker validates, and with `held_out` images they all do.
    """

    rows: int
    count: int
    slices: dict[int, Images]
    validation: Images
    held_out: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the images: uint8 or float32."""
        return self.validation.pixels.dtype


def grouped(count: int, group: int, rank: int, size: int) -> np.ndarray[Any, np.dtype[np.intp]]:
    """The rows to validate with of one of `size` workers: of `count`, `group` stay together."""
    rows = np.arange(count, dtype=np.intp)
    return rows[rows // group % size == rank]


def deal(
    train: Images, validation: Images, count: int, rank: int = 0, size: int = 1, group: int = 1
) -> Shard:
    """A worker's share of images that are all at hand; those to validate with go in groups.

    Row r belongs to slice r % count; a slice's images are copied to one place, since they are used
    together.
    """

    def every(images: Images, step: int, first: int) -> Images:
        return images.take(np.arange(first, len(images), step, dtype=np.intp))

    slices = {number: every(train, count, number) for number in owned(count, rank, size)}
    held = validation.take(grouped(len(validation), group, rank, size))
    return Shard(len(train), count, slices, held, len(validation))
