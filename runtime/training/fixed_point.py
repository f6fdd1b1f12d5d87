"""Exact sums over slices, threads and workers, and what happens where they leave their range."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError

# The mean loss is summed in fixed point too: 1,024 slices of less than 2**13 fit into 63 bits, and
# of more slices each has a smaller part of it.
LOSS_UNIT = 2.0**40
LOSS_LIMIT = 2.0**13
_SLICES = 1024


class Diverged(LenetError):
    """Numbers are beyond all reason."""


def diverged(detail: str) -> Diverged:
    """What is said where numbers are beyond all reason."""
    fix = "lower the `rate`, or add `normalize` to the data section"
    return Diverged("the training diverged", detail, fix)


def check_range(in_range: bool) -> None:
    """LenetError unless all sums were in range."""
    if not in_range:
        raise diverged("A gradient or the loss is not a finite number, or beyond all reason.")


def limit_of_part(limit: float, slices: int) -> float:
    """Below which a slice's part of a mean has to be, if parts of 1,024 slices may be up to a
    `limit`: so the sum of all cannot overflow."""
    return limit * min(1.0, _SLICES / slices)


def sum_ends(ends: NDArray[np.float64], images: int, slices: int) -> tuple[int, int]:
    """The mean loss in fixed point and the hits: (loss, hits) of some of the `slices`, which have
    `images` in all."""
    limit = limit_of_part(LOSS_LIMIT, slices)
    total = hits = 0
    for loss, right, *_ in ends.tolist():  # a few functions of numpy take several times as long
        mean = loss / images
        check_range(abs(mean) < limit)
        total += round(mean * LOSS_UNIT)
        hits += int(right)
    return total, hits
