"""Run a command in a process of its own: how long, how much memory, how disturbed; the machine."""

import os
import platform
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Event, Thread
from typing import IO

from lenet.runtime.machine.cores import available_cores

PACKAGES = ("numba", "numpy", "pyspark", "torch", "onnxruntime")
_LOOK_SECONDS = 0.25  # between looks at a process, seldom enough not to disturb it
_CLOSE_LOOK_SECONDS = 0.02


class Failed(Exception):
    """A measured command ended with an error."""


@dataclass(frozen=True)
class Run:
    """What one process did.

    output: its standard output
    seconds: from its start to its end
    others: what all other programs took of the processors meanwhile, 0 to 1
    memory: greatest sum of resident bytes of it and its descendants, without Java

    The last two are None where the system does not tell.
    """

    output: str
    seconds: float
    others: float | None
    memory: int | None


def run(
    command: Sequence[str], environment: Mapping[str, str] | None = None, closely: bool = False
) -> Run:
    """Run to the end, in silence; `closely` is for the memory. Raises Failed."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        family = _Family()
        busy, reaped, started = _busy_seconds(), _reaped_seconds(), time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env={**os.environ, **(environment or {})},
            process_group=0,
        )
        ended = Event()
        pause = _CLOSE_LOOK_SECONDS if closely else _LOOK_SECONDS
        looking = Thread(target=family.keep_looking, args=(process.pid, pause, ended))
        looking.start()
        try:
            process.wait()
            seconds = time.perf_counter() - started
            # Java is not waited for by its parent, so that only looking at it tells its time.
            own = max(_reaped_seconds() - reaped, sum(list(family.seconds.values())))
            others = None
            if busy is not None:
                taken = (_busy_seconds() or busy) - busy - own
                others = max(0.0, taken / seconds / (os.cpu_count() or 1))
            _wait_for_group(process.pid)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            raise
        finally:
            ended.set()
            looking.join()
        if process.returncode:
            raise Failed(f"{' '.join(command)} ended with an error:\n{_text(errors)}")
        return Run(_text(output), seconds, others, family.most_bytes or None)


def wait_for_quiet(share: float, seconds: float) -> None:
    """Until other programs take less than a share of the processors, or for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before, started = _busy_seconds(), time.perf_counter()
        if before is None:
            return
        time.sleep(1)
        taken = (_busy_seconds() or before) - before
        if taken / (time.perf_counter() - started) / (os.cpu_count() or 1) < share:
            return


def machine() -> dict[str, str]:
    """What the numbers depend on."""
    facts = {
        "date": date.today().isoformat(),
        "processor": _processor(),
        "cores": str(available_cores()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }
    return facts | {name: _version(name) for name in PACKAGES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    from llvmlite import binding

    name = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    return f"{name} ({binding.get_host_cpu_name()})"


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


def _wait_for_group(group: int, seconds: float = 30) -> None:
    """Until Java, which outlives the process that started it, is gone: it would disturb."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)


def _busy_seconds() -> float | None:
    """What all processors have worked since the start of the machine, or were held back by it."""
    try:
        first = Path("/proc/stat").read_text().splitlines()[0]
    except OSError:
        return None
    user, nice, system, _, _, interrupts, soft, stolen = map(int, first.split()[1:9])
    return (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")


def _reaped_seconds() -> float:
    times = os.times()
    return times.children_user + times.children_system


class _Family:
    """A process and its descendants: the seconds each has worked, and their greatest memory."""

    def __init__(self) -> None:
        self.seconds: dict[int, float] = {}
        self.most_bytes = 0

    def keep_looking(self, root: int, pause: float, ended: Event) -> None:
        while not ended.wait(pause):
            self.look(root)

    def look(self, root: int) -> None:
        """Note how things stand; nothing where there is no /proc."""
        children: dict[int, list[int]] = {}
        lines: dict[int, tuple[str, list[str]]] = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                head, _, tail = (entry / "stat").read_text().rpartition(")")
            except OSError:  # it has just ended
                continue
            fields = tail.split()
            process = int(entry.name)
            children.setdefault(int(fields[1]), []).append(process)
            lines[process] = head.partition("(")[2], fields
        total, pending = 0, [root]
        while pending:
            process = pending.pop()
            pending += children.get(process, [])
            name, fields = lines.get(process, ("", []))
            if not fields:
                continue
            self.seconds[process] = sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
            if name != "java":
                total += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
        self.most_bytes = max(self.most_bytes, total)
