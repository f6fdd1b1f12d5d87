"""The driver's end of a training: what is reported, and the checkpoints."""

import threading
from collections.abc import Callable

from lenet.dsl.errors import LenetError
from lenet.runtime.events import CheckpointKept, Event, Watch
from lenet.runtime.records.checkpoint import Checkpoints
from lenet.runtime.records.rescue import Rescue


class Stopped(Exception):  # noqa: N818 - what was asked for is no error
    """The training has been asked to stop, and its checkpoint is written."""


class Over(Exception):  # noqa: N818 - what was asked for is no error
    """The training is no longer wanted: it is to end, without a checkpoint. A watcher raises it."""


class Desk:
    """Hands events on, and keeps checkpoints; a Supervisor for a training in this process.

    Before it keeps one, it calls `flush`: who goes on from there needs the records up to there.
    Where one of the two fails, the checkpoint goes to the `rescue`. `first` makes the checkpoint
    from which a training begins, if it is not to begin with weights of its own.
    """

    def __init__(
        self, handle: Watch, checkpoints: Checkpoints,
        flush: Callable[[], None], rescue: Rescue, first: Callable[[], bytes | None] | None = None,
    ) -> None:  # fmt: skip
        self.handle, self.checkpoints, self.flush = handle, checkpoints, flush
        self.rescue, self.first = rescue, first
        self.stopping = threading.Event()
        self.progress = 0  # the iteration of the newest checkpoint

    def report(self, event: Event) -> None:
        self.handle(event)

    def newest(self) -> bytes | None:
        found = self.rescue.newest() or self.checkpoints.newest()
        return self.first() if found is None and self.first is not None else found

    def asked(self) -> bool:
        return self.stopping.is_set() or self.rescue.wanted

    def keep(self, state: bytes) -> None:
        try:
            self.flush()
            iteration = self.checkpoints.save(state)
            self.rescue.end()
        except LenetError as error:
            iteration = self.rescue.keep(error, state)
        self.handle(CheckpointKept(iteration, str(self.rescue.folder or "")))
        self.progress = iteration
        if self.stopping.is_set():
            raise Stopped
