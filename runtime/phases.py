"""A step in phases: nets whose normalizations have to know of the whole batch on their way.

Between two phases the sums of all slices, on all threads and workers, are added exactly, so that
the statistics, too, are the same bits whoever owns which slice.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.exact import FRACTION_BITS, add_exactly
from compiler.program import Program
from compiler.schedule import Sync
from runtime.arrays import aligned_floats
from runtime.batches import Slice
from runtime.communicator import Communicator
from runtime.exact import check_range, diverged, exact_loss
from runtime.team import Team

# Means and mean squares in fixed point: the parts of at most 1,024 slices, each below the limit,
# cannot overflow together.
_UNIT = 2.0**36
_LIMIT = 2.0**17
Floats = NDArray[np.float32]


class PhasedStep:
    """The arenas of this worker's slices, and what is known of the batch."""

    def __init__(
        self, program: Program, train_slice: Callable[..., Any], threads: int, slices: int,
        rows: int, communicator: Communicator,
    ) -> None:  # fmt: skip
        self.program = program
        self.train_slice = train_slice
        self.threads = threads
        self.communicator = communicator
        self.arenas = [aligned_floats(program.slice_floats(rows)) for _ in range(slices)]
        self.batch = aligned_floats(program.batch_floats)
        size = program.parameter_count
        channels = max(phase.sync.channels for phase in program.phases if phase.sync)
        self.gradients = [aligned_floats(size) for _ in range(threads)]
        self.totals = [np.zeros(size, np.int64) for _ in range(threads)]
        self.sums = [np.zeros(2 * channels) for _ in range(threads)]
        self.nothing = aligned_floats(size)
        slots = {slot.name: slot for slot in program.slots}
        self.slots = {
            phase.sync.node.name: [
                slots[f"{phase.sync.node.name}.{name}"].offset
                for name in ("scale", "mean", "variance")
            ]
            for phase in program.phases
            if phase.sync
        }

    def run(
        self, team: Team, weights: Floats, data: list[Slice], images: int,
        total: NDArray[np.int64],
    ) -> None:  # fmt: skip
        """The exact mean gradient of a batch into `total`, with the loss and the hits behind.

        `data` are the parts of the slices, `images` those of all workers. Running statistics in
        `weights` are updated.
        """
        total[-2:] = 0
        for number, phase in enumerate(self.program.phases):
            numbers = iter(range(len(data)))

            def work(
                thread: int, number: int = number, numbers: Iterator[int] = numbers
            ) -> NDArray[np.int64]:
                return self._slices(thread, number, numbers, weights, data, images)

            parts = team.run(self.threads, work)
            ends = np.sum(parts, axis=0)
            for first, last in self.program.spans[number]:
                total[first:last] = sum(own[first:last] for own in self.totals)
                if self.communicator.size > 1:
                    self.communicator.all_reduce(total[first:last])
            if self.communicator.size > 1:
                self.communicator.all_reduce(ends)
            total[-2:] += ends[-2:]
            if phase.sync is not None and phase.sync.kind == "statistics":
                self._statistics(phase.sync, ends[:-2], weights, images)
            elif phase.sync is not None:
                self._slopes(phase.sync, total)

    def _slices(
        self, thread: int, number: int, numbers: Iterator[int], weights: Floats,
        data: list[Slice], images: int,
    ) -> NDArray[np.int64]:  # fmt: skip
        """Take slices while there are any, through one phase: the exact sums for the statistics,
        the loss and the hits."""
        phase, spans = self.program.phases[number], self.program.spans[number]
        gradient, own, sums = self.gradients[thread], self.totals[thread], self.sums[thread]
        for first, last in spans:
            own[first:last] = 0
        sync = phase.sync if phase.sync and phase.sync.kind == "statistics" else None
        count = 2 * sync.channels if sync else 0
        exact = np.zeros(count + 2, np.int64)
        for k in numbers:
            ends = np.zeros(2)
            self.train_slice(
                number, self.arenas[k], weights, gradient, self.batch, sums, *data[k], True, ends
            )
            for first, last in spans:
                one, nothing = gradient[first:last], self.nothing[first:last]
                check_range(add_exactly(one, nothing, own[first:last], 1 / images, False))
            if sync is not None:
                means = sums[:count] / (images * sync.places)
                if not (np.abs(means) < _LIMIT).all():
                    raise diverged(f"The values before {sync.node.name} are beyond all reason.")
                exact[:count] += np.rint(means * _UNIT).astype(np.int64)
            exact[count:] += [exact_loss(ends[0] / images), int(ends[1])]
        return exact

    def _statistics(
        self, sync: Sync, sums: NDArray[np.int64], weights: Floats, images: int
    ) -> None:
        """Mean and deviation of the batch, and the running ones (as PyTorch has them)."""
        c, arguments = sync.channels, sync.node.arguments
        _, mean_at, variance_at = self.slots[sync.node.name]
        running = weights[mean_at : mean_at + c]
        means = sums[: 2 * c] / _UNIT
        apart = means[:c]
        mean = running.astype(np.float64) + apart
        variance = np.maximum(means[c:] - apart * apart, 0)
        self.batch[sync.at : sync.at + c] = mean
        self.batch[sync.at + c : sync.at + 2 * c] = 1 / np.sqrt(variance + arguments["epsilon"])
        count = images * sync.places
        part = arguments["momentum"]
        running += np.float32(part) * (mean - running).astype(np.float32)
        variances = weights[variance_at : variance_at + c]
        unbiased = variance * (count / max(1, count - 1))
        variances += np.float32(part) * (unbiased - variances).astype(np.float32)

    def _slopes(self, sync: Sync, total: NDArray[np.int64]) -> None:
        """What the gradients of scale and shift say of a mean value."""
        c, start = sync.channels, self.slots[sync.node.name][0]
        means = total[start : start + 2 * c] * (2.0**-FRACTION_BITS / sync.places)
        self.batch[sync.at + 2 * c : sync.at + 4 * c] = means
