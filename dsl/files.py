"""Files that are read: whole ones that lie somewhere, no pipes, devices or sockets, which may keep
a reader waiting for ever or never end."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_OTHERS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)
_DESCRIPTORS = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")


def check_file(path: str | Path, most: int | None = None) -> None:
    """OSError unless it is a file, of at most so many bytes; nothing is opened."""
    try:
        found = os.stat(path)
    except ValueError:  # a zero byte
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path)) from None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    for is_kind, kind in _OTHERS:
        if is_kind(found.st_mode):
            raise OSError(errno.EINVAL, f"it is {kind}, not a file", str(path))
    if most is not None and found.st_size > most:
        reason = f"it has {found.st_size:,} bytes, and {most:,} are the most"
        raise OSError(errno.EFBIG, reason, str(path))


def open_file(path: str | Path, most: int | None = None) -> BinaryIO:
    """For reading; OSError as of `check_file`."""
    check_file(path, most)
    return open(path, "rb")


def read_file(path: str | Path, most: int | None = None) -> bytes:
    """Its content; OSError as of `check_file`."""
    with open_file(path, most) as file:
        return file.read()


def is_descriptor(path: str | Path) -> bool:
    """Whether it names what this process was given to read, as `<(…)` of a shell does."""
    return str(path).startswith(_DESCRIPTORS)
