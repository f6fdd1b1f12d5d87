"""Several processes that serve the same socket: forked, watched, and started anew where one dies.

They share the memory of the models that were read before.
"""

import os
import select
import signal
import time
import traceback
from collections.abc import Callable

from lenet.dsl.errors import LenetError

_HASTE = 5.0  # seconds that a process should live, else something is wrong with all of them
_MOST_HASTY = 3
_WATCHED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)


def supervise(
    count: int, work: Callable[[], None], gone: Callable[[int], None], patience: float,
    say: Callable[[str], None],
) -> None:  # fmt: skip
    """`count` processes do `work` until SIGINT or SIGTERM, which they are sent, too, and have
    `patience` seconds to follow; SIGHUP is passed on. `gone` is told of each that has ended.
    LenetError where several die soon after they were started."""
    came: list[int] = []
    ears, mouth = os.pipe()
    for end in (ears, mouth):
        os.set_blocking(end, False)
    before = {number: signal.signal(number, lambda n, _: came.append(n)) for number in _WATCHED}
    heard = signal.set_wakeup_fd(mouth, warn_on_full_buffer=False)
    family = _Family(work, gone, say)
    try:
        for _ in range(count):
            family.start()
        while family.ages:
            select.select([ears], [], [], family.seconds_left)
            _drain(ears)
            while came:
                number = came.pop(0)
                if number == signal.SIGHUP:
                    family.tell(signal.SIGHUP)
                elif number != signal.SIGCHLD:
                    family.end(patience)
            family.bury()
    finally:
        family.tell(signal.SIGKILL)  # only where something went wrong are there any
        signal.set_wakeup_fd(heard)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(ears)
        os.close(mouth)


class _Family:
    def __init__(
        self, work: Callable[[], None], gone: Callable[[int], None], say: Callable[[str], None]
    ) -> None:
        self._work, self._gone, self._say = work, gone, say
        self.ages: dict[int, float] = {}  # when each process was started
        self._deadline: float | None = None
        self._hasty = 0

    def start(self) -> None:
        child = os.fork()
        if child:
            self.ages[child] = time.monotonic()
            return
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in _WATCHED:
                signal.signal(number, signal.SIG_DFL)
            self._work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)  # what the parent has to do at its end is not the child's

    @property
    def seconds_left(self) -> float | None:
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def tell(self, number: int) -> None:
        for child in self.ages:
            os.kill(child, number)

    def end(self, patience: float) -> None:
        """They are to end by themselves, and then have to."""
        self.tell(signal.SIGTERM)
        self._deadline = time.monotonic() + patience + 1

    def bury(self) -> None:
        """Those that have ended; others take their places, unless all are to end."""
        if self.seconds_left == 0:
            self.tell(signal.SIGKILL)
        while self.ages:
            child, status = os.waitpid(-1, os.WNOHANG)
            if child == 0:
                return
            age = time.monotonic() - self.ages.pop(child, time.monotonic())
            self._gone(child)
            if self._deadline is not None:
                continue
            self._hasty = self._hasty + 1 if age < _HASTE else 0
            code = os.waitstatus_to_exitcode(status)
            self._say(f"process {child} has ended with {code}; another one takes its place")
            if self._hasty >= _MOST_HASTY:
                raise LenetError("the server's processes die as soon as they are started")
            self.start()


def _drain(ears: int) -> None:
    try:
        while os.read(ears, 4096):
            pass
    except BlockingIOError:
        pass
