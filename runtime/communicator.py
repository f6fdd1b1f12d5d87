"""What workers of one run need of each other."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Communicator(Protocol):
    """`rank` of `size` workers; `all_reduce` adds int64 arrays over all of them, in place."""

    rank: int
    size: int

    def all_reduce(self, total: NDArray[np.int64]) -> None: ...


class Alone:
    """A single worker."""

    rank = 0
    size = 1

    def all_reduce(self, total: NDArray[np.int64]) -> None:
        """There is nobody to add."""
