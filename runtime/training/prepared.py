"""What kernels need of new weights in another form: made once a step, for all slices."""

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import Loaded
from lenet.runtime.machine.arrays import aligned_floats
from lenet.runtime.machine.thread_pool import Team


class Prepared:
    """The array `floats` that train_slice takes, and how it is filled."""

    def __init__(self, loaded: Loaded) -> None:
        program = loaded.program
        self.floats = aligned_floats(program.ready_floats)
        self._units = len(program.preparations)
        self._prepare = loaded.prepare if self._units else None

    def fill(
        self, team: Team, threads: int, weights: NDArray[np.float32], *times: NDArray[np.int64]
    ) -> None:
        """Of such weights, whose parts threads share; with probes, `times` are what they fill."""
        prepare = self._prepare
        if prepare is None:
            return
        team.share(
            threads, self._units, lambda unit: prepare(self.floats, weights, unit, *times)
        )  # fmt: skip
