"""What workers of one run need of each other."""

import os
import socket
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError

Worker = dict[str, Any]


class Adder(Protocol):
    """Adds arrays over all workers, one at a time, like the Communicator that it belongs to."""

    def all_reduce(self, total: NDArray[np.int64], timeout: float | None = None) -> None:
        """In place; all workers call it the same number of times."""


class Communicator(Protocol):
    """`rank` of `size` workers; `all_reduce` adds int64 arrays over all of them, in place.

    `workers` are, in the order of their ranks: rank, host, process (its number), and port.

    All workers call it the same number of times, with arrays of the same sizes. It raises
    WorkerLostError where one of them is gone or hangs, and what the others `abort` with. It calls
    compiled `functions`. Another thread may add `aside`, where that is possible.
    """

    rank: int
    size: int
    workers: list[Worker]
    functions: tuple[str, ...]
    aside: Adder | None

    def all_reduce(self, total: NDArray[np.int64], timeout: float | None = None) -> None:
        """`timeout` is in place of the usual one, in seconds."""

    def abort(self, error: BaseException) -> None:
        """Tell the others why this worker stops; they stop as well."""

    def close(self) -> None: ...


class WorkerLostError(Exception):
    """Another worker is gone, hangs, or has failed in a way that trying again may mend."""


class Alone:
    """A single worker."""

    rank = 0
    size = 1
    functions: tuple[str, ...] = ()
    aside: Adder | None = None

    def __init__(self) -> None:
        self.workers = [{"rank": 0, "host": socket.gethostname(), "process": os.getpid()}]

    def all_reduce(self, total: NDArray[np.int64], timeout: float | None = None) -> None:
        """There is nobody to add."""

    def abort(self, error: BaseException) -> None:
        """There is nobody to tell."""

    def close(self) -> None:
        """Nothing is open."""


def as_words(error: BaseException) -> list[str]:
    """An error to be sent to other workers: a user's mistake as it is, others in one line."""
    if isinstance(error, LenetError):
        return error.words
    return [f"{type(error).__name__}: {error}"]


def as_error(words: list[str]) -> Exception:
    """The exception that `as_words` has made words of."""
    return LenetError(*words) if len(words) > 1 else WorkerLostError(words[0])
