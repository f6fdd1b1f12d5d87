"""Work that threads do before it is needed, some of it at a time."""

import weakref
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any, TypeVar

T = TypeVar("T")
_Inbox = SimpleQueue[tuple[Callable[[], Any], "Future[Any]"] | None]


class Ahead:
    """So many threads that do what they are given in its order. They end with this object, or when
    it is closed: what nobody has begun by then is not done."""

    def __init__(self, threads: int) -> None:
        self._inbox: _Inbox = SimpleQueue()
        closed = Event()
        for number in range(threads):
            arguments = (self._inbox, closed)
            name = f"lenet_ahead_{number}"
            Thread(target=_serve, args=arguments, name=name, daemon=True).start()
        self._end = weakref.finalize(self, _dismiss, self._inbox, closed, threads)

    def do(self, work: Callable[[], T]) -> "Future[T]":
        """What it gives, or raises, is the future's."""
        future: Future[T] = Future()
        self._inbox.put((work, future))
        return future

    def each(self, works: Iterator[Callable[[], T]], most: int) -> Iterator[T]:
        """What they give, in their order; of later ones, so many are begun meanwhile."""
        waiting: deque[Future[T]] = deque()
        for work in works:
            waiting.append(self.do(work))
            if len(waiting) > most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def close(self) -> None:
        self._end()


def _serve(inbox: _Inbox, closed: Event) -> None:
    while (item := inbox.get()) is not None:
        work, future = item
        if closed.is_set():
            future.cancel()
            continue
        try:
            future.set_result(work())
        except BaseException as error:  # raised by who waits
            future.set_exception(error)
        del item, work, future  # what they hold must not live on until the next work


def _dismiss(inbox: _Inbox, closed: Event, threads: int) -> None:
    closed.set()
    for _ in range(threads):
        inbox.put(None)
