"""The driver's end of a training: what is reported, and the checkpoints."""

import threading
from collections.abc import Callable
from typing import Any

from runtime.checkpoint import Checkpoints

Event = dict[str, Any]


class Stopped(Exception):  # noqa: N818 - what was asked for is no error
    """The training has been asked to stop, and its checkpoint is written."""


class Desk:
    """Hands events on, and keeps checkpoints; a Supervisor for a training in this process.

    Before it keeps one, it calls `flush`: who goes on from there needs the records up to there.
    """

    def __init__(
        self, handle: Callable[[Event], None], checkpoints: Checkpoints, flush: Callable[[], None]
    ) -> None:
        self.handle, self.checkpoints, self.flush = handle, checkpoints, flush
        self.stopping = threading.Event()
        self.progress = 0  # the iteration of the newest checkpoint

    def report(self, event: Event) -> None:
        self.handle(event)

    def newest(self) -> bytes | None:
        return self.checkpoints.newest()

    def asked(self) -> bool:
        return self.stopping.is_set()

    def keep(self, state: bytes) -> None:
        self.flush()
        self.progress = self.checkpoints.save(state)
        self.handle({"event": "checkpoint", "iteration": self.progress})
        if self.stopping.is_set():
            raise Stopped
