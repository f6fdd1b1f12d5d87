"""Files that are there as a whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lenet.dsl.errors import LenetError


class Tail:
    """A file that grows at its end. What cannot be written waits for the next time; OSError."""

    def __init__(self, path: Path, fresh: bool = True) -> None:
        self.path, self.waiting = path, bytearray()
        path.open("wb" if fresh else "ab").close()

    def add(self, data: bytes) -> None:
        """Let bytes wait to be written."""
        self.waiting += data

    def flush(self, to_disk: bool = False) -> None:
        """Write what waits; OSError where that fails, and it goes on waiting."""
        # Opened each time, and not made: one that has been removed is to be missed.
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        try:
            while self.waiting:
                del self.waiting[: os.write(handle, self.waiting)]
            if to_disk:
                os.fsync(handle)
        finally:
            os.close(handle)


def write_atomically(path: Path, data: bytes) -> None:
    """Either the whole file or the one before; LenetError where it cannot be written."""
    with whole_file(path) as place:
        place.write_bytes(data)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A place to write to, which becomes the file at the end: that is there as a whole, or the one
    before is. LenetError where it cannot be written.

    A file that is there keeps its mode, and a link still leads to it; a pipe or a device gets what
    is written.
    """
    with _as_message(path):
        if path.exists() and not path.is_file():  # such as /dev/null, which must stay what it is
            yield path
            return
        if path.is_symlink():
            path = Path(os.path.realpath(path))
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".")
        try:
            with os.fdopen(handle, "rb+") as file:
                yield Path(temporary)
                os.fsync(file.fileno())
            os.chmod(temporary, mode)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


@contextmanager
def _as_message(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LenetError(f"cannot write {path}", error.strerror or str(error)) from None
