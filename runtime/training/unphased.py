"""A step of nets whose images need not know of each other: slices, and the sums of their gradients.

The others are in phases.py.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import DType, Loaded
from lenet.compiler.memory.early import Early
from lenet.compiler.optimizers.exact import sum_exactly
from lenet.compiler.program import TOTALS
from lenet.compiler.target import LANES
from lenet.runtime.machine.arrays import aligned_floats
from lenet.runtime.machine.thread_pool import Team
from lenet.runtime.training.feed import Part
from lenet.runtime.training.fixed_point import check_range, sum_ends
from lenet.runtime.training.late import LateGradients
from lenet.runtime.training.overlap import Overlap
from lenet.runtime.training.prepared import Prepared
from lenet.runtime.training.slices.count import KEPT
from lenet.runtime.training.tables import Tables
from lenet.runtime.training.updater import Parts

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
# Images, where their losses and hits go, and, if there is such, what is left of them for later.
_Work = tuple[Part, NDArray[np.float64], tuple[Floats, ...]]


class UnphasedStep:
    """The arenas of this worker's threads, and the gradients of its slices."""

    def __init__(
        self, loaded: Loaded, pixels: DType, threads: int, slices: int, rows: int, all_slices: int
    ) -> None:
        """Of so many slices of this worker, of at most so many rows, and of all workers."""
        program = loaded.program
        self.program, self.threads, self.all_slices = program, threads, all_slices
        self.train_slice = loaded.train_slice(pixels)
        self.prepared = Prepared(loaded, threads)
        floats = program.train_floats
        self.arenas = [aligned_floats(floats) for _ in range(threads)]
        # With tables, each gradient is added at once, since few of its rows have to be.
        self.tables = Tables(program, threads) if program.tables else None
        kept, self.floats = 1 if self.tables else KEPT, program.gradient_floats
        row = -(-self.floats // LANES) * LANES
        self.gradients = aligned_floats(threads * kept * row).reshape(threads * kept, row)
        size = program.parameter_count
        # What does not change is made once: between the kernels, which fill the caches, it takes
        # many times as long as otherwise.
        views = list(self.gradients[:, :size])
        self.kept = [views[k * kept : (k + 1) * kept] for k in range(threads)]
        self.kept_rows = [np.arange(k * kept, (k + 1) * kept) for k in range(threads)]
        self.owners = [np.array([k]) for k in range(threads)]
        self.last: tuple[list[tuple[int, bool]], Rows, Rows] = ([], np.arange(0), np.arange(0))
        # Of slices beyond those that are kept, a row a thread.
        self.totals = self.tables.totals if self.tables else np.zeros((threads, size), np.int64)
        # Losses and hits of slices, what is complete of their gradients, and who is told.
        self.ends = np.zeros((slices, TOTALS))
        self.rows_of_ends = list(self.ends)
        # For each thread, how many gradients are kept, and whether there are others in its total.
        self.used = [(0, False)] * threads
        self.late = LateGradients.of(loaded, slices, rows, threads)
        self.factors = [(f,) for f in self.late.factors] if self.late else [()] * slices

    def run(
        self, team: Team, weights: Floats, own: list[Part], images: int,
        total: NDArray[np.int64], overlap: Overlap | None = None,
    ) -> Parts:  # fmt: skip
        """The gradients of all slices, whose parts of a batch of so many images are this worker's
        own, to be added; loss and hits go behind the end of `total`. Some gradients go ahead, if
        there is a way for them."""
        self.prepared.fill(team, self.threads, weights)
        # Beforehand, since a line of Python takes several times as long between the kernels, which
        # need the caches for themselves.
        slices = iter(list(zip(own, self.rows_of_ends, self.factors, strict=True)))
        if self.late is not None:
            self.late.begin([len(part.rows) for part in own])
        self.used = [(0, False)] * self.threads
        if overlap is not None:
            self.ends[:, 2] = 0
            self.ends[:, 3] = overlap.bell
            for early in overlap.early:
                ready = partial(self._has_reached, early)
                overlap.send(early, self._parts, 1 / images, ready)
        given = weights, slices, 1 / images
        if self.tables is not None:
            self.tables.clear()
            team.run(self.threads, lambda thread: self._add_rows(thread, *given))
        else:
            team.run(self.threads, lambda thread: self._add_slices(thread, *given, overlap))
        if overlap is not None:
            overlap.check()
        total[-2:] = sum_ends(self.ends, images, self.all_slices)
        return self._parts()

    def _parts(self) -> Parts:
        """Once all slices are begun, what is complete in all of them."""
        if self.used != self.last[0]:  # as a rule they are what they were in the last step
            used = list(self.used)
            rows = [k * KEPT + row for k, (count, _) in enumerate(used) for row in range(count)]
            owners = [thread for thread, (_, beyond) in enumerate(used) if beyond]
            self.last = used, np.array(rows, np.int64), np.array(owners, np.int64)
        _, own, others = self.last
        return self.gradients, own, self.totals, others

    def _has_reached(self, early: Early) -> bool:
        return bool((self.ends[:, 2] >= early.mark).all())

    def _add_slices(
        self, thread: int, weights: Floats, slices: Iterator[_Work], factor: float,
        overlap: Overlap | None,
    ) -> None:  # fmt: skip
        """Take slices while there are any; the order does not matter, since sums are exact."""
        arena, kept, ready = self.arenas[thread], self.kept[thread], self.prepared.floats
        used, beyond = 0, False
        for part, ends, factors in slices:
            if used == KEPT:
                self._add_kept(thread, beyond, factor)
                used, beyond = 0, True
            self.used[thread] = used + 1, beyond
            self.train_slice(arena, weights, kept[used], *factors, *part.made(), ready, ends)
            used += 1
            if overlap is not None:
                ends[2] = np.inf
                overlap.ring()  # a slice without images has not
                if overlap.failed:
                    break

    def _add_kept(self, thread: int, beyond: bool, factor: float) -> None:
        """The gradients that a thread keeps to its total; `beyond` says that there is one."""
        owners = self.owners[thread][: int(beyond)]
        parts = self.gradients, self.kept_rows[thread], self.totals, owners
        for start, end in self.program.prompt:
            check_range(sum_exactly(*parts, start, end, factor, self.totals[thread]))

    def _add_rows(
        self, thread: int, weights: Floats, slices: Iterator[_Work], factor: float
    ) -> None:
        """The same where the net has tables."""
        assert self.tables is not None
        fresh, gradient = True, self.gradients[thread, : self.floats]
        for part, ends, factors in slices:
            given = (*factors, *part.made(), self.prepared.floats, ends)
            self.train_slice(self.arenas[thread], weights, gradient, *given)
            self.tables.add(thread, self.gradients, factor, fresh)
            fresh = False
        self.used[thread] = 0, not fresh
