"""Sums over workers that begin while others of their gradients are still computed.

A thread of its own sends what is complete, in an order that is the same for all workers. Sums are
exact, so that it makes no difference to them.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event, Lock
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.memory.early import Early
from lenet.compiler.memory.spans import between, cut
from lenet.compiler.optimizers.exact import sum_exactly
from lenet.compiler.program import Program
from lenet.dsl.errors import LenetError
from lenet.runtime.training.communicator import Adder, Communicator, WorkerLostError
from lenet.runtime.training.fixed_point import check_range
from lenet.runtime.training.updater import Parts

_MOST = 2**20  # numbers of a message: of more, the first ones can go while the last are computed
# Parameters that are worth it. With a million, a step took 3% longer where the network takes no
# time.
_WORTH = 2**22


class _Failed(Exception):
    """So has something else before."""


class Overlap:
    """Adds `total` up over all workers, but for its tail behind the parameters: gradients that are
    complete `early`, and then the rest."""

    def __init__(
        self, early: tuple[Early, ...], size: int, total: NDArray[np.int64], adder: Adder
    ) -> None:
        """Of so many parameters."""
        self.early = early
        self.rest = between((span for one in early for span in one.spans), size)
        self._messages = cut(self.rest, _MOST)
        self._total, self._adder = total, adder
        # Who waits is woken through a pipe, which compiled code can write to: to look again and
        # again costs more. One that is full wakes as well.
        self._woken = self._waking = -1
        self._pool = ThreadPoolExecutor(1, "lenet_sums")
        self._jobs: list[Future[None]] = []
        self._failed = Event()
        self._lock = Lock()
        self._left: list[int] = []  # parameters of each message whose sums are still to be made
        self._made: list[Event] = []

    @classmethod
    def of(
        cls, program: Program, total: NDArray[np.int64], communicator: Communicator
    ) -> "Overlap | None":
        """None where nobody is there to add aside, and where it is not worth it: for few
        parameters, or tables, of which few rows travel. All workers ask at the same time."""
        size, adder = program.parameter_count, communicator.aside
        if adder is None or size < _WORTH or program.tables:
            return None
        # What is complete early may depend on the processor. All have the same if and only if the
        # mean of the squares is the square of the mean.
        own = crc32(repr(program.early).encode()) % 2**20
        sums = np.array([own, own * own])
        communicator.all_reduce(sums)
        alike = int(sums[0]) ** 2 == communicator.size * int(sums[1])
        return cls(program.early if alike else (), size, total, adder)

    @property
    def bell(self) -> int:
        """What rings it, as `totals` of train_slice have it."""
        return self._waking + 1

    @contextmanager
    def step(self) -> Iterator[None]:
        """All sums of a step; behind it they are there. Where it fails, nothing is on its way any
        more."""
        if self._woken < 0:
            self._woken, self._waking = os.pipe()
            os.set_blocking(self._waking, False)
        self._failed.clear()
        self._jobs = []
        self._left = [last - first for first, last in self._messages]
        self._made = [Event() for _ in self._messages]
        try:
            yield
            for job in self._jobs:
                job.result()
        except BaseException as error:
            self._failed.set()
            self.ring()
            others = [job.exception() for job in self._jobs]
            best = max((error, *filter(None, others)), key=_worth)
            if best is not error:
                raise best from None
            raise

    def send(
        self, early: Early, parts: Callable[[], Parts], factor: float,
        ready: Callable[[], bool] = lambda: True,
    ) -> None:  # fmt: skip
        """The sums of parts * factor, which are there when it is `ready`."""

        def ahead() -> None:
            while not ready():
                os.read(self._woken, 2**16)
                self.check()
            for first, last in cut(early.spans, _MOST):
                check_range(sum_exactly(*parts(), first, last, factor, self._total))
                self._add_up(first, last)

        self._submit(ahead)

    def send_rest(self) -> None:
        """Those of which `made` tells."""

        def behind() -> None:
            for (first, last), made in zip(self._messages, self._made, strict=True):
                while not made.wait(0.1):
                    self.check()
                self._add_up(first, last)

        self._submit(behind)

    def made(self, first: int, last: int) -> None:
        """This worker's sums of these parameters are in `total`."""
        for number, (start, end) in enumerate(self._messages):
            own = min(last, end) - max(first, start)
            if own > 0:
                with self._lock:
                    self._left[number] -= own
                    if not self._left[number]:
                        self._made[number].set()

    def ring(self) -> None:
        """More of the gradients may be complete."""
        with suppress(BlockingIOError):
            os.write(self._waking, b"!")

    @property
    def failed(self) -> bool:
        """Whether the step will."""
        return self._failed.is_set()

    def check(self) -> None:
        """Raises where something has failed, which `step` tells then."""
        if self.failed:
            raise _Failed

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown()
        if self._woken >= 0:
            os.close(self._woken)
            os.close(self._waking)
            self._woken = self._waking = -1

    def _submit(self, job: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                self.check()
                job()
            except BaseException:
                self._failed.set()
                raise

        self._jobs.append(self._pool.submit(guarded))

    def _add_up(self, first: int, last: int) -> None:
        self.check()
        self._adder.all_reduce(self._total[first:last])


def _worth(error: BaseException) -> int:
    """How much it says: whoever interrupts has to be heard; a user's mistake, which another worker
    may have told, says more than that this worker is lost."""
    if not isinstance(error, Exception):
        return 4
    if isinstance(error, LenetError):
        return 3
    if isinstance(error, WorkerLostError):
        return 1
    return 0 if isinstance(error, _Failed) else 2
