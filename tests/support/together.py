"""Several workers of a run in threads of this process, which add their sums for real."""

from collections.abc import Callable
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

import numpy as np

from lenet.dsl.errors import LenetError
from lenet.runtime.training.communicator import WorkerLostError

# What each gives, where they meet, and what they were told before they parted.
Lane = tuple[list[Any], Barrier, list[BaseException]]


class Worker:
    """One of them; the sizes of what it has `sent`."""

    functions: tuple[str, ...] = ()

    def __init__(self, rank: int, size: int, lanes: list[Lane]) -> None:
        self.rank, self.size = rank, size
        (self._shared, self._barrier, self._told), *others = lanes
        self.aside = type(self)(rank, size, others) if others else None
        self.workers = [{"rank": k, "host": "here", "process": 0} for k in range(size)]
        self.sent: list[int] = []

    def all_reduce(self, total: np.ndarray, timeout: float | None = None) -> None:
        self._shared[self.rank] = total.copy()
        self._meet()
        assert len({own.size for own in self._shared}) == 1, "workers are at different sums"
        total[:] = sum(self._shared)
        self._meet()
        self.sent.append(total.size)

    def _meet(self) -> None:
        try:
            self._barrier.wait(60)
        except BrokenBarrierError:
            if self._told and isinstance(self._told[0], LenetError):
                raise LenetError(*self._told[0].words) from None
            raise WorkerLostError("another worker is gone") from None

    def abort(self, error: BaseException) -> None:
        self._told.append(error)
        self._barrier.abort()
        if self.aside is not None:
            self.aside.abort(error)

    def close(self) -> None:
        """Nothing is open."""


def together(size: int, work: Callable[[Worker], Any], kind: type[Worker] = Worker) -> list[Any]:
    """What work(worker) returns in each, or raises."""
    lanes: list[Lane] = [([None] * size, Barrier(size), []) for _ in range(2)]
    found: list[Any] = [None] * size

    def run(worker: Worker) -> None:
        try:
            found[worker.rank] = work(worker)
        except Exception as error:
            worker.abort(error)
            found[worker.rank] = error

    threads = [Thread(target=run, args=(kind(k, size, lanes),)) for k in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
