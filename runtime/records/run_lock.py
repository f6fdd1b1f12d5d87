"""The lock of a run's folder: one run at a time, of this machine and of all that share the folder.

It is a file, run.lock.N, that is made exclusively, since the system's own locks may hold on one
machine only. It says who holds the folder. A run that is killed cannot remove it: on its own
machine the process is looked for, on others a sign of life, which is the file's time. Who takes a
dead run's folder makes the file N + 1: of two who try, one fails.
"""

import json
import os
import re
import secrets
import socket
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

from lenet.dsl.errors import LenetError

_BEAT = 10.0  # seconds between two signs of life
_SILENT = 60.0  # seconds without one, after which a run on another machine is dead
_NAME = re.compile(r"run\.lock\.(\d+)")


class Lock:
    """Held from the beginning until `release`, or until this process ends, however it does.
    LenetError where another run holds the folder, OSError where it cannot be written."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.process = folder, os.getpid()
        self.text = json.dumps(
            {
                "host": socket.gethostname(),
                "process": self.process,
                "since": f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S %z}",
                "machine": _machine(),
                "started": _started(self.process),
                "token": secrets.token_hex(8),
            }
        )
        self.path = self._take()
        self._released = Event()
        Thread(target=self._live, daemon=True, name="lenet lock").start()

    def held(self) -> bool:
        """False where the folder has disappeared, or another run has taken it."""
        try:
            return self.path.read_text() == self.text
        except (OSError, UnicodeDecodeError):
            return False

    def release(self) -> None:
        if os.getpid() == self.process and not self._released.is_set():  # and not a child's
            self._released.set()
            with suppress(OSError):  # a disk that has become read-only; the lock is a dead one's
                if self.held():
                    self.path.unlink()

    def _live(self) -> None:
        while not self._released.wait(_BEAT):
            if self.held():
                try:
                    os.utime(self.path)
                except OSError:
                    continue

    def _take(self) -> Path:
        while True:
            there = _locks(self.folder)
            for number in there:
                _check_dead(self.folder, number)
            number = max(there, default=0) + 1
            path = _path(self.folder, number)
            try:
                file = path.open("x")
            except FileExistsError:
                continue
            try:
                with file:
                    file.write(self.text)
                others = set(_locks(self.folder)) - {*there, number}
                if not others:
                    for dead in there:
                        _path(self.folder, dead).unlink(missing_ok=True)
                    return path
            except BaseException:
                path.unlink(missing_ok=True)
                raise
            path.unlink(missing_ok=True)  # and see who they are


def _path(folder: Path, number: int) -> Path:
    return folder / f"run.lock.{number}"


def _locks(folder: Path) -> list[int]:
    found = (_NAME.fullmatch(name) for name in os.listdir(folder))
    return sorted(int(name[1]) for name in found if name)


def _check_dead(folder: Path, number: int) -> None:
    """LenetError where the holder of a lock lives."""
    try:
        with _path(folder, number).open() as file:  # opened, or NFS would give an old time
            text, beaten = file.read(), os.fstat(file.fileno()).st_mtime
    except FileNotFoundError:
        return  # its run has just ended
    except UnicodeDecodeError:
        text, beaten = "", _path(folder, number).stat().st_mtime
    try:
        holder: dict[str, Any] = dict(json.loads(text))
        who = f"Process {holder['process']} on {holder['host']} holds it, since {holder['since']}."
        here = holder["machine"] == _machine()
        lives = here and _lives(int(holder["process"]), holder["started"])
    except (ValueError, TypeError, KeyError):  # it is being written
        here, lives, who = False, False, "Another process holds it."
    if not here:
        lives = _clock(folder) - beaten < _SILENT
        who += f" If that is dead, the folder is free {_SILENT:g} s after its last sign of life."
    if lives:
        title = f"a run is being written into {folder}"
        raise LenetError(title, who, "wait for it, or name another folder")


def _clock(folder: Path) -> float:
    """The time by the clock that stamps the folder's files, which may be a server's."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".run.lock.") as file:
        return os.fstat(file.fileno()).st_mtime


def _machine() -> str:
    """Where a number names a process: this machine since it was started, or a container of it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return socket.gethostname()


def _lives(process: int, started: str) -> bool:
    """Whether the process is there, and is not a later one of the same number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return _started(process) in (started, "")
    return _started(process) == started


def _started(process: int) -> str:
    """When a process was started, in ticks; "" where that cannot be known, "dead" of one that has
    ended and whose parent does not know yet."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "dead" if fields[0] in "ZX" else fields[19]
