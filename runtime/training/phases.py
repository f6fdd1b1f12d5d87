"""A step in phases: nets whose normalizations have to know of the whole batch on their way.

Between two phases the sums of all slices, on all threads and workers, are added exactly, so that
the statistics, too, are the same bits whoever owns which slice.
"""

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import DType, Loaded
from lenet.compiler.kernels.shared.batch_statistics import (
    LIMIT,
    add_statistics,
    use_slopes,
    use_statistics,
)
from lenet.compiler.memory.phase import Sync
from lenet.compiler.optimizers.exact import FRACTION_BITS, sum_exactly
from lenet.compiler.program import TOTALS
from lenet.compiler.target import LANES
from lenet.runtime.machine.arrays import aligned_floats
from lenet.runtime.machine.thread_pool import Team
from lenet.runtime.training.communicator import Communicator
from lenet.runtime.training.feed import Part
from lenet.runtime.training.fixed_point import check_range, diverged, limit_of_part, sum_ends
from lenet.runtime.training.overlap import Overlap
from lenet.runtime.training.prepared import Prepared, Work
from lenet.runtime.training.updater import Parts

# The compiled ones that such a step calls.
FUNCTIONS = (add_statistics.name, use_statistics.name, use_slopes.name)
Floats = NDArray[np.float32]


class PhasedStep:
    """The arenas and gradients of this worker's slices, and what is known of the batch."""

    late, tables = None, None  # no gradient waits, and those of tables are added as a whole

    def __init__(
        self, loaded: Loaded, pixels: DType, threads: int, slices: int, rows: int,
        communicator: Communicator, all_slices: int | None = None,
    ) -> None:  # fmt: skip
        """`slices` are those of this worker, `all_slices` those of all, if there are others."""
        self.program = program = loaded.program
        self.all_slices = all_slices or slices
        self.train_slice = loaded.train_slice(pixels)
        self.prepared = Prepared(loaded, threads)
        self.threads = threads
        self.communicator = communicator
        self.arenas = [aligned_floats(program.slice_floats(rows)) for _ in range(slices)]
        self.batch = aligned_floats(program.batch_floats)
        self.size = program.parameter_count
        channels = max(phase.sync.channels for phase in program.phases if phase.sync)
        self.floats = program.gradient_floats
        row = -(-self.floats // LANES) * LANES
        self.gradients = aligned_floats(slices * row).reshape(slices, row)
        nothing = np.zeros((0, self.size), np.int64)
        self.parts = (self.gradients, np.arange(slices), nothing, np.arange(0))
        self.sums = np.zeros((slices, 2 * channels))  # for the statistics
        self.added = np.zeros(2 * channels, np.int64)
        self.ends = np.zeros((slices, TOTALS))  # losses and hits
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
        self, team: Team, weights: Floats, own: list[Part], images: int,
        total: NDArray[np.int64], overlap: Overlap | None = None,
    ) -> Parts:  # fmt: skip
        """The gradients of all slices, to be added; the exact mean loss and the hits of this
        worker's go behind the end of `total`, whose rest is used meanwhile.

        The parts of the slices are this worker's own, `images` are those of all workers. Running
        statistics in `weights` are updated. Some gradients go ahead, if there is a way for them.
        """
        given = [
            (self.arenas[k], weights, self.gradients[k, : self.floats], self.batch, self.sums[k],
             *part.made(), self.prepared.floats, self.ends[k])
            for k, part in enumerate(own)
        ]  # fmt: skip
        self.prepared.fill(team, self.threads, weights)
        for number, phase in enumerate(self.program.phases):
            beside = self.prepared.works[number + 1]

            def work(k: int, number: int = number, beside: list[Work] = beside) -> None:
                if k < len(given):
                    self.train_slice(number, *given[k])
                else:  # behind the slices, since it takes less time than these
                    self.prepared.make(beside[k - len(given)], weights)

            team.share(self.threads, len(given) + len(beside), work)
            if phase.sync is not None and phase.sync.kind == "statistics":
                self._statistics(phase.sync, weights, images)
            elif phase.sync is not None:
                self._slopes(phase.sync, total, images)
            if overlap is not None:
                overlap.check()
                for early in overlap.early:
                    if early.phase == number:
                        overlap.send(early, lambda: self.parts, 1 / images)
        total[-2:] = sum_ends(self.ends, images, self.all_slices)
        return self.parts

    def _statistics(self, sync: Sync, weights: Floats, images: int) -> None:
        """Mean and deviation of the batch, and the running ones."""
        c, values, arguments = sync.channels, images * sync.places, sync.node.arguments
        sums, limit = self.added[: 2 * c], limit_of_part(LIMIT, self.all_slices)
        shape = len(self.sums), self.sums.shape[1], 2 * c
        if not add_statistics(self.sums.reshape(-1), *shape, values, limit, sums):
            raise diverged(f"The values before {sync.node.name} are beyond all reason.")
        if self.communicator.size > 1:
            self.communicator.all_reduce(sums)
        _, mean, variance = self.slots[sync.node.name]
        given = sync.at, values, arguments["epsilon"], arguments["momentum"]
        use_statistics(sums, weights, mean, variance, self.batch, *given)

    def _slopes(self, sync: Sync, total: NDArray[np.int64], images: int) -> None:
        """What the gradients of scale and shift say of a mean value."""
        c, start = sync.channels, self.slots[sync.node.name][0]
        check_range(sum_exactly(*self.parts, start, start + 2 * c, 1 / images, total))
        if self.communicator.size > 1:
            self.communicator.all_reduce(total[start : start + 2 * c])
        factor = 2.0**-FRACTION_BITS / sync.places
        use_slopes(total, start, 2 * c, self.batch, sync.at + 2 * c, factor)
