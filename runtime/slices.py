"""Virtual slices: how rows are dealt to batches so that the number of workers does not matter.

Row r belongs to slice r % count for good. Each epoch every slice shuffles its own rows, by the
seed, the epoch and its number alone. The epoch's order takes from the slices in turn: position p
is the next row of slice p % count. A batch is a run of positions, and every slice's part of it
is summed by itself, so any set of workers that shares the slices gets the same sums.
"""

import numpy as np
from numpy.typing import NDArray


def step_count(rows: int, batch: int) -> int:
    return -(-rows // batch)


def shuffled(rows: int, count: int, slice_number: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The rows of one slice in the order of this epoch."""
    size = len(range(slice_number, rows, count))
    stream = np.random.PCG64(np.random.SeedSequence([seed, epoch, slice_number]))
    order = np.argsort(stream.random_raw(size), kind="stable")
    return np.asarray(order * count + slice_number, np.int64)


def part(rows: int, batch: int, count: int, slice_number: int, step: int) -> slice:
    """Which of a slice's shuffled rows the batch of this step takes."""

    def before(position: int) -> int:
        return max(0, -(-(position - slice_number) // count))

    first = min(step * batch, rows)
    return slice(before(first), before(min(first + batch, rows)))
