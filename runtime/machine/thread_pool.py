"""Threads that do the same work at once.

A step of training is a few milliseconds, and handing it to the futures of `concurrent.futures`
takes 60 µs; a queue takes 15.
"""

import weakref
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from lenet.compiler.jit.forks import renewed

T = TypeVar("T")
_Inbox = SimpleQueue[Any]  # of (work, outbox), or None at the end


class Team:
    """The calling thread and `threads` - 1 others, which begin with its first work and end with
    the team. In a child of this process, it gets others."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._inboxes: list[_Inbox] | None = None
        renewed(self)

    def renew(self) -> None:
        if self._inboxes is not None:
            self._end.detach()
            self._inboxes = None

    def _start(self) -> list[_Inbox]:
        inboxes: list[_Inbox] = [SimpleQueue() for _ in range(1, self._threads)]
        for number, inbox in enumerate(inboxes, 1):
            name = f"lenet_{number}"
            Thread(target=_serve, args=(number, inbox), name=name, daemon=True).start()
        self._end = weakref.finalize(self, _dismiss, inboxes)
        self._inboxes = inboxes
        return inboxes

    def run(self, threads: int, work: Callable[[int], T]) -> list[T]:
        """work(0) … work(threads - 1) at once; the results in order. An exception is raised when
        all have ended."""
        outbox: SimpleQueue[tuple[int, Any, BaseException | None]] = SimpleQueue()
        inboxes = self._start() if self._inboxes is None else self._inboxes
        helpers = inboxes[: threads - 1]
        for inbox in helpers:
            inbox.put((work, outbox))
        try:
            first = work(0)
        finally:
            others = sorted((outbox.get() for _ in helpers), key=lambda ended: ended[0])
        for _, _, error in others:
            if error is not None:
                raise error
        return [first, *(result for _, result, _ in others)]


def _serve(number: int, inbox: _Inbox) -> None:
    while (item := inbox.get()) is not None:
        work, outbox = item
        try:
            outbox.put((number, work(number), None))
        except BaseException as error:  # raised by who waits
            outbox.put((number, None, error))
        del item, work, outbox  # what holds the team must not live on until the next work


def _dismiss(inboxes: list[_Inbox]) -> None:
    for inbox in inboxes:
        inbox.put(None)
