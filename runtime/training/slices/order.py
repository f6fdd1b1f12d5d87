"""Virtual slices: how rows are dealt to batches so that the number of workers does not matter.

Row r belongs to slice r % count for good. Each epoch every slice shuffles its own rows, by the
seed, the epoch and its number alone. The epoch's order takes from the slices in turn: position p
is the next row of slice p % count. A batch is a run of positions, and every slice's part of it
is summed by itself, so any set of workers that shares the slices gets the same sums.

Within a slice, image k is row k * count + slice: what is random about an image depends on its slice
and k alone.
"""

import numpy as np
from numpy.typing import NDArray

from lenet.runtime import random_streams


def step_count(rows: int, batch: int) -> int:
    """How many batches make an epoch; the last may be shorter."""
    return -(-rows // batch)


def shuffled(rows: int, count: int, slice_number: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The images of one slice, counted within it, in the order of this epoch."""
    size = len(range(slice_number, rows, count))
    stream = random_streams.of_order(seed, epoch, slice_number)
    return np.argsort(stream.random_raw(size), kind="stable").astype(np.int64)


def shares(rows: int, batch: int, count: int, step: int) -> list[slice]:
    """Which of the shuffled rows of each slice the batch of this step takes."""
    first = min(step * batch, rows)
    last = min(first + batch, rows)
    # Of slice k, (p - k) / count rows come before position p, rounded up.
    return [
        slice(max(0, -((k - first) // count)), max(0, -((k - last) // count))) for k in range(count)
    ]
