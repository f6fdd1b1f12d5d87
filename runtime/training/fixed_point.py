"""Exact sums over slices, threads and workers, and what happens where they leave their range."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError

# The mean loss is summed in fixed point too: 1,024 slices of less than 2**13 fit into 63 bits.
LOSS_UNIT = 2.0**40
_LOSS_LIMIT = 2.0**13


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


def sum_ends(ends: NDArray[np.float64], images: int) -> tuple[int, int]:
    """The mean loss in fixed point and the hits: slices' (loss, hits), of `images` in all."""
    total = hits = 0
    for loss, right in ends.tolist():  # a few functions of numpy take several times as long
        mean = loss / images
        check_range(abs(mean) < _LOSS_LIMIT)
        total += round(mean * LOSS_UNIT)
        hits += int(right)
    return total, hits
