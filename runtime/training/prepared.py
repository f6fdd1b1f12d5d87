"""What kernels need of new weights in another form: made once a step, for all slices."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import Loaded
from lenet.runtime.machine.arrays import aligned_floats
from lenet.runtime.machine.thread_pool import Team

_LEAST = 1 << 15  # floats: making fewer takes no longer than handing them to another thread


@dataclass(frozen=True)
class Work:
    """A piece of one of the units that `prepare` knows."""

    unit: int
    piece: int
    pieces: int


class Prepared:
    """The array `floats` that train_slice takes, and for each phase the `works` that fill it, which
    threads can share. What is prepared for a phase lies where nothing of the one before does."""

    def __init__(self, loaded: Loaded, threads: int) -> None:
        program = loaded.program
        self.floats = aligned_floats(program.ready_floats)
        self.works: list[list[Work]] = []
        unit = 0
        for phase in program.phases:
            self.works.append([])
            for call in phase.preparations:
                size = sum(buffer.size for buffer in call.buffers)
                pieces = max(1, min(threads, size // _LEAST)) if "piece" in call.arguments else 1
                self.works[-1] += [Work(unit, piece, pieces) for piece in range(pieces)]
                unit += 1
        self.works.append([])  # beside the last phase there is nothing to make
        self._prepare = loaded.prepare if unit else None

    def fill(
        self, team: Team, threads: int, weights: NDArray[np.float32], phase: int = 0,
        times: NDArray[np.int64] | None = None,
    ) -> None:  # fmt: skip
        """For a phase, of such weights, in so many threads. With probes, they fill `times`."""
        if works := self.works[phase]:
            team.share(threads, len(works), lambda k: self.make(works[k], weights, times))

    def make(
        self, work: Work, weights: NDArray[np.float32], times: NDArray[np.int64] | None = None
    ) -> None:
        """A part of the array."""
        assert self._prepare is not None
        given = work.unit, work.piece, work.pieces, *(() if times is None else (times,))
        self._prepare(self.floats, weights, *given)
