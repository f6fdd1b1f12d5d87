"""Processors, memory, disks and the terminal, as this process may have them."""

import locale
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lenet.compiler.machine import available_cores, available_memory, cpu_quota, total_memory
from lenet.doctor.finding import Finding, size

_GROUP = "machine"
_ROOT = Path("/")
_LEAST_MEMORY = 3 * 2**29  # Java's heap and all else of it, and two Pythons
_LEAST_FREE = 2**30
_LEAST_DISK = 2**30
_LEAST_SHARED = 2**25


def machine_findings(root: Path = _ROOT) -> Iterator[Finding]:
    """All of them; `root` is where /proc and /sys are."""
    yield Finding(
        _GROUP, "system", f"{platform.system()} {platform.release()} {platform.machine()}"
    )
    yield _cores(root)
    yield _memory(root)
    yield from _shared_memory()
    yield from _disks()
    yield _terminal()


def _cores(root: Path) -> Finding:
    cores, whole, quota = available_cores(root), os.cpu_count() or 1, cpu_quota(root)
    found = f"{cores:,} of {whole:,}" if cores < whole else f"{cores:,}"
    if quota is not None:
        found += f"; the control group grants the time of {quota:g}"
    if quota is not None and quota < 1:
        return Finding(
            _GROUP, "cores", found,
            f"less than one processor is granted, so a training takes {1 / quota:.3g} times as "
            "long as on a whole one",
            "give the container at least one: docker run --cpus 2, or resources.limits.cpu in "
            "Kubernetes",
        )  # fmt: skip
    return Finding(_GROUP, "cores", found)


def _memory(root: Path) -> Finding:
    total, free = total_memory(root), available_memory(root)
    if not total:
        return Finding(_GROUP, "memory", "the system does not tell")
    found = f"{size(total)}, of which {size(free)} are free"
    if total < _LEAST_MEMORY:
        return Finding(
            _GROUP, "memory", found,
            "Spark's Java and Python together may need more, and would be killed",
            f"give the container {size(2 * _LEAST_FREE)}, or train with --engine local",
        )  # fmt: skip
    if free < _LEAST_FREE:
        return Finding(
            _GROUP, "memory", found, "other programs have taken nearly all of it",
            "end some of them, or train with --engine local, which needs less",
        )  # fmt: skip
    return Finding(_GROUP, "memory", found)


def _shared_memory() -> Iterator[Finding]:
    """Python's locks between processes lie there, on Linux."""
    folder = Path("/dev/shm")
    if sys.platform != "linux":
        return
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        yield Finding(
            _GROUP, "/dev/shm", "not there", error.strerror or str(error),
            "mount it: docker run --shm-size 256m, or an emptyDir with medium Memory",
        )  # fmt: skip
        return
    if not os.access(folder, os.W_OK):
        problem = "nothing can be written there, and Python's locks between processes need it"
        yield Finding(_GROUP, "/dev/shm", "read only", problem, f"chmod 1777 {folder}, as root")
    elif free < _LEAST_SHARED:
        yield Finding(
            _GROUP, "/dev/shm", f"{size(free)} free", "that is nearly full",
            "remove what was left there, or give the container more: docker run --shm-size 256m",
        )  # fmt: skip
    else:
        yield Finding(_GROUP, "/dev/shm", f"{size(free)} free")


def _disks() -> Iterator[Finding]:
    """Of the places to which a run writes; places on one disk share it."""
    places = {"working folder": Path.cwd()}
    try:
        places["temporary files"] = Path(tempfile.gettempdir())
    except FileNotFoundError:
        yield Finding(
            _GROUP, "temporary files", "no folder", "no temporary folder can be written to",
            "set TMPDIR to a folder that you can write to", broken=True,
        )  # fmt: skip
    for place in filter(None, os.environ.get("SPARK_LOCAL_DIRS", "").split(",")):
        places[f"Spark's {place}"] = Path(place)
    for name, folder in places.items():
        yield _disk(name, folder)


def _disk(name: str, folder: Path) -> Finding:
    try:
        free = shutil.disk_usage(folder).free
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        why = error.strerror or str(error)
        fix = "go to a folder that you can write to, or name one with -o"
        return Finding(_GROUP, name, str(folder), f"it cannot be written to: {why}", fix)
    found = f"{folder}, {size(free)} free"
    if free < _LEAST_DISK:
        fix = "free some space: checkpoints, Spark's files and the cache need some"
        return Finding(_GROUP, name, found, "that is nearly full", fix)
    return Finding(_GROUP, name, found)


def _terminal() -> Finding:
    encoding = (sys.stdout.encoding or locale.getpreferredencoding(False)).upper()
    kind = "a terminal" if sys.stdout.isatty() else "no terminal"
    found = f"{kind}, {encoding}"
    if sys.stdout.isatty():
        found += f", {shutil.get_terminal_size().columns} columns"
    if encoding.replace("-", "") != "UTF8":
        return Finding(
            _GROUP, "output", found, "letters beyond that are shown as escapes such as \\xe9",
            "export LANG=C.UTF-8",
        )  # fmt: skip
    return Finding(_GROUP, "output", found)
