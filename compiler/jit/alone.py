"""One process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_held: set[IO[str]] = set()  # files whose locks this process has, or waits for


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait for other processes that do the same with the file `path`, and keep them out. OSError
    where it cannot be made."""
    with path.open("a") as file:
        _held.add(file)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            _held.discard(file)
            if not file.closed:
                # Closing it would not do: a child that is being forked may have a copy.
                fcntl.flock(file, fcntl.LOCK_UN)


def _let_go() -> None:
    """A child's copies would keep the locks when its parent is killed."""
    for file in _held:
        file.close()
    _held.clear()


os.register_at_fork(after_in_child=_let_go)
