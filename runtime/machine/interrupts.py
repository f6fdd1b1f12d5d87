"""SIGTERM and SIGHUP as Ctrl-C: who is preempted, or whose terminal is closed, gets one of them."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_NUMBERS = (signal.SIGTERM, signal.SIGHUP)
_came: list[int] = []


class Interrupted(KeyboardInterrupt):
    """By the signal `number`, another one than Ctrl-C's."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


@contextmanager
def interruptible(then_die: bool = False) -> Iterator[None]:
    """Inside, in the main thread, SIGTERM and SIGHUP raise Interrupted, unless they are ignored or
    somebody else handles them. With `then_die` the signal does what it would have done, but behind
    whatever the block does at its end."""
    ours = []
    if threading.current_thread() is threading.main_thread():
        ours = [number for number in _NUMBERS if signal.getsignal(number) is signal.SIG_DFL]
    if ours:
        _came.clear()
    try:
        for number in ours:
            signal.signal(number, _interrupt)
        yield
    except Interrupted as stop:
        if then_die and stop.number in ours:
            signal.signal(stop.number, signal.SIG_DFL)
            signal.raise_signal(stop.number)
        raise  # the first process of a container outlives it
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def last_words() -> None:
    """Ctrl-C has come, and what follows may last: the next one of the others is to spare it."""
    if not _came:
        _came.append(signal.SIGINT)


def interrupted() -> bool:
    """Whether one of them has come."""
    return bool(_came)


def _interrupt(number: int, _: object) -> None:
    """Two may come at once: a closed terminal, and `timeout`, send one to the process and one to
    its group. The second must not end what the first has begun."""
    _came.append(number)
    if len(_came) != 2:
        raise Interrupted(number)
