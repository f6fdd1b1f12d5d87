"""Threads that do the same work at once.

A step of training is a few milliseconds, and handing it to the futures of `concurrent.futures`
takes 60 µs; a queue takes 15. To wake a thread takes 40 µs, and more in a virtual machine: those
of a team that is awake look around for a while before they sleep.
"""

import weakref
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.forks import renewed
from lenet.compiler.simd.team import await_turns, finish_turn

T = TypeVar("T")
_Inbox = SimpleQueue[Any]  # of (work, outbox), or None at the end
_Turns = NDArray[np.int64]  # see finish_turn
FUNCTIONS = (await_turns.name, finish_turn.name)  # the compiled ones of a team that is awake
_PATIENCE = 200_000  # nanoseconds: more than lies between two works, where no network does


class Team:
    """The calling thread and `threads` - 1 others, which begin with its first work and end with
    the team. In a child of this process, it gets others. One that is `awake` for a while behind
    each work is quicker if there is more, and needs compiled FUNCTIONS."""

    def __init__(self, threads: int, awake: bool = False) -> None:
        self.threads = threads
        self._turns = np.zeros(16 * threads, np.int64) if awake else None
        self._inboxes: list[_Inbox] | None = None
        renewed(self)

    def renew(self) -> None:
        if self._inboxes is not None:
            self._end.detach()
            self._inboxes = None
            if self._turns is not None:
                self._turns = np.zeros_like(self._turns)

    def _start(self) -> list[_Inbox]:
        inboxes: list[_Inbox] = [SimpleQueue() for _ in range(1, self.threads)]
        for number, inbox in enumerate(inboxes, 1):
            given = number, inbox, self._turns
            Thread(target=_serve, args=given, name=f"lenet_{number}", daemon=True).start()
        self._end = weakref.finalize(self, _dismiss, inboxes)
        self._inboxes = inboxes
        return inboxes

    def run(
        self, threads: int, work: Callable[[int], T], release: Callable[[], None] | None = None
    ) -> list[T]:
        """work(0) … work(threads - 1) at once; the results in order. An exception is raised when
        all have ended. Where they wait for each other, `release` lets the others go on, if the
        calling thread is interrupted."""
        outbox: SimpleQueue[tuple[int, Any, BaseException | None]] = SimpleQueue()
        inboxes = self._start() if self._inboxes is None else self._inboxes
        called = 0
        try:
            for inbox in inboxes[: threads - 1]:
                called += 1
                inbox.put((work, outbox))
                if self._turns is not None:
                    self._turns[16 * called - 16] += 1
            first = work(0)
            if self._turns is not None and called:
                await_turns(self._turns, called, _PATIENCE)
        except BaseException:
            if release is not None:
                release()
            raise
        finally:
            others = sorted((outbox.get() for _ in range(called)), key=lambda ended: ended[0])
        for _, _, error in others:
            if error is not None:
                raise error
        return [first, *(result for _, result, _ in others)]

    def share(self, threads: int, count: int, work: Callable[[int], object]) -> None:
        """work(k) for each of so many k, in so many threads, or fewer for fewer."""
        numbers = iter(range(count))

        def some(_: int) -> None:
            for number in numbers:
                work(number)

        self.run(max(1, min(threads, count)), some)


def _serve(number: int, inbox: _Inbox, turns: _Turns | None) -> None:
    while (item := inbox.get()) is not None:
        work, outbox = item
        try:
            outbox.put((number, work(number), None))
        except BaseException as error:  # raised by who waits
            outbox.put((number, None, error))
        del item, work, outbox  # what holds the team must not live on until the next work
        if turns is not None:
            finish_turn(turns, number - 1, _PATIENCE)


def _dismiss(inboxes: list[_Inbox]) -> None:
    for inbox in inboxes:
        inbox.put(None)
