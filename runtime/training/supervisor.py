"""Whom a training reports to."""

from typing import Protocol

from lenet.runtime.events import Event


class Supervisor(Protocol):
    """Whom a training reports to, and who keeps its checkpoints."""

    def report(self, event: Event) -> None:
        """What happens, as it happens."""

    def newest(self) -> bytes | None:
        """The checkpoint to go on from."""

    def asked(self) -> bool:
        """Whether a checkpoint is wanted after this step."""

    def keep(self, state: bytes) -> None:
        """Store a checkpoint."""
