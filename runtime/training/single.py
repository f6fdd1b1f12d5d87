"""Single images: a program's arena for one of them, and threads that share the work."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import Loaded
from lenet.runtime.machine.arrays import aligned_floats
from lenet.runtime.machine.thread_pool import Team
from lenet.runtime.training.normalization import Normalization

_DONE = 2**40  # more than all units and threads: nobody waits
_WORTH = 2**24  # multiply-adds for which other threads are called


class Single:
    """Runs predict_single for one image at a time, by one thread or, where the multiply-adds that
    threads can share are `worth` it, by all of a team."""

    def __init__(self, loaded: Loaded, worth: int = _WORTH) -> None:
        program = loaded.program
        self._loaded = loaded
        self.arena = aligned_floats(program.single_floats)
        self._turns = np.zeros(program.single_turns, np.int64)
        self._worth = program.single_macs >= worth
        self.fresh = True

    def take(self) -> None:
        """The weights will be others."""
        self.fresh = True

    def run(
        self, weights: NDArray[np.float32], pixels: NDArray[np.generic], row: int,
        normalization: Normalization, outputs: NDArray[np.float32], team: Team | None = None,
    ) -> bool:  # fmt: skip
        """The outputs of the image `row`, into that row; whether all of its values are finite."""
        predict_single = self._loaded.predict_single(pixels.dtype)
        threads = team.threads if team is not None and self._worth else 1
        self._turns.fill(0)
        given = (
            self.arena, weights, pixels, row, normalization.scale, normalization.shift, self.fresh,
            self._turns, threads, outputs,
        )  # fmt: skip

        def work(_: int = 0) -> bool:
            return bool(predict_single(*given))

        if team is None or threads == 1:
            finite = work()
        else:
            finite = all(team.run(threads, work, partial(self._turns.fill, _DONE)))
        self.fresh = False
        return finite
