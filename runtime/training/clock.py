"""The seconds of a training, also of those before it has gone on."""

import time
from typing import Any

import numpy as np

from lenet.runtime.records.checkpoint import damaged
from lenet.runtime.training.communicator import Communicator


class Clock:
    """Runs from when it is made, and ends a training after `limit` seconds, if that is not 0."""

    def __init__(self, limit: float, communicator: Communicator) -> None:
        self.limit, self.communicator = limit, communicator
        self.before, self.began = 0.0, time.monotonic()

    def restore(self, known: Any) -> None:
        """The seconds that a checkpoint knows; older ones know none."""
        if not isinstance(known, int | float) or not 0 <= known < 1e12:
            raise damaged(f"Its seconds are {str(known)[:20]}.")
        self.before = float(known)

    def start(self) -> None:
        """What came before is not of the training."""
        self.began = time.monotonic()

    @property
    def seconds(self) -> float:
        """So far."""
        return self.before + time.monotonic() - self.began

    def is_over(self) -> bool:
        """Whether the first worker's time is over, for all of them."""
        if not self.limit:
            return False
        over = self.communicator.rank == 0 and self.seconds >= self.limit
        total = np.array([over], np.int64)
        self.communicator.all_reduce(total)
        return bool(total[0])
