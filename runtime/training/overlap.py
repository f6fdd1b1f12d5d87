"""Sums over workers that begin while others of their gradients are still computed.

A thread of its own sends what is complete, in an order that is the same for all workers. Sums are
exact, so that it makes no difference to them.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import pairwise
from threading import Event, Lock

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.memory.early import Early, Spans
from lenet.compiler.program import Program
from lenet.runtime.training.communicator import Adder, Communicator

_MOST = 2**20  # numbers of a message: of more, the first ones can go while the last are computed
_WORTH = 2**22  # parameters; with a million, a step took 3% longer where the network takes no time
Make = Callable[[int, int], None]  # a worker's own sums of the parameters first … last


class _Stopped(Exception):
    """The step has failed."""


class Overlap:
    """Adds `total` up over all workers, but for its tail behind the parameters. Who rings its
    `bell` tells that more of the gradients may be complete."""

    def __init__(self, program: Program, total: NDArray[np.int64], adder: Adder) -> None:
        self.early = program.early
        self.rest = _between([s for one in self.early for s in one.spans], program.parameter_count)
        self._total, self._adder = total, adder
        self._messages = [
            (first, min(first + _MOST, end))
            for start, end in self.rest
            for first in range(start, end, _MOST)
        ]
        # To look again and again costs more than to be woken. What does not fit into the pipe need
        # not be there: it is full of the same.
        self._woken, self._waking = os.pipe()
        os.set_blocking(self._waking, False)
        self.bell = self._waking + 1  # as `totals` of train_slice have it
        self._pool = ThreadPoolExecutor(1, "lenet_sums")
        self._jobs: list[Future[None]] = []
        self._failed = Event()
        self._lock = Lock()
        self._begin()

    @classmethod
    def of(
        cls, program: Program, total: NDArray[np.int64], communicator: Communicator
    ) -> "Overlap | None":
        """None where nobody is there to add aside, and where it is not worth it: for few
        parameters, or tables, of which few rows travel."""
        few = program.parameter_count < _WORTH or not (program.early or program.late)
        adder = communicator.aside
        return None if few or adder is None or program.tables else cls(program, total, adder)

    @contextmanager
    def step(self) -> Iterator[None]:
        """All sums of a step; behind it they are there. It fails with what fails first, and nothing
        is on its way any more."""
        self._begin()
        try:
            yield
            self._wait()
        except BaseException:
            self._failed.set()
            self.wake()
            for job in self._jobs:
                with suppress(Exception):
                    job.result()
            raise

    def _begin(self) -> None:
        self._failed.clear()
        self._jobs = []
        self._left = [last - first for first, last in self._messages]
        self._made = [Event() for _ in self._messages]

    def send(self, these: Early, make: Make, ready: Callable[[], bool] = lambda: True) -> None:
        """Sums that are made when they are `ready`."""

        def ahead() -> None:
            while not ready():
                os.read(self._woken, 2**16)
                self._go_on()
            for first, last in these.spans:
                make(first, last)
                self._add_up(first, last)

        self._submit(ahead)

    def send_rest(self) -> None:
        """Those of which `made` tells."""

        def behind() -> None:
            for (first, last), made in zip(self._messages, self._made, strict=True):
                while not made.wait(0.1):
                    self._go_on()
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

    def _wait(self) -> None:
        """Until all is added up."""
        while self._jobs:
            self._jobs[0].result()
            del self._jobs[0]

    def wake(self) -> None:
        """Ring the bell."""
        with suppress(BlockingIOError):
            os.write(self._waking, b"!")

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown()
        os.close(self._woken)
        os.close(self._waking)

    def _submit(self, job: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                self._go_on()
                job()
            except BaseException:
                self._failed.set()
                raise

        self._jobs.append(self._pool.submit(guarded))

    def _go_on(self) -> None:
        if self._failed.is_set():
            raise _Stopped

    def _add_up(self, first: int, last: int) -> None:
        self._go_on()
        self._adder.all_reduce(self._total[first:last])


def both(spans: Spans, others: Spans) -> Spans:
    """What is in both."""
    found = [(max(a, c), min(b, d)) for a, b in spans for c, d in others]
    return tuple((first, last) for first, last in found if first < last)


def _between(spans: list[tuple[int, int]], size: int) -> Spans:
    """What of 0 … size is in none of the spans."""
    bounds = [0, *(bound for span in sorted(spans) for bound in span), size]
    return tuple((a, b) for a, b in list(pairwise(bounds))[::2] if a < b)
