"""What this process may have of the machine: processors and memory.

A container's limits are those of its control group and of all groups around it, in version 1 or 2
of Linux's control groups, or a mixture of both.
"""

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/")


def available_cores(root: Path = _ROOT) -> int:
    """Processors that this process may run on, which may be fewer than the machine has.

    A quota of one and a half counts as two: with one thread, half a processor would never be used;
    with two, they wait for a quarter of the time. `root` is where /proc and /sys are.
    """
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        cores = os.cpu_count() or 1
    quota = cpu_quota(root)
    return max(1, min(cores, math.ceil(quota)) if quota else cores)


def cpu_quota(root: Path = _ROOT) -> float | None:
    """How many processors' time the control groups leave this process; None for all that there
    is."""
    quotas = [quota for group in _groups(root, "cpu") if (quota := group.quota())]
    return min(quotas, default=None)


def total_memory(root: Path = _ROOT) -> int:
    """Bytes that this process and those beside it in its container may have, or 0 where the system
    does not tell."""
    whole = _meminfo(root).get("MemTotal") or _pages("SC_PHYS_PAGES")
    limits = [limit for group in _groups(root, "memory") if (limit := group.limit())]
    return min([whole or limits[0], *limits]) if limits else whole


def available_memory(root: Path = _ROOT) -> int:
    """Bytes that processes can still take, or half of all where the system does not tell. What
    files are in memory that nobody uses any more counts as free."""
    free = _meminfo(root).get("MemAvailable") or _pages("SC_AVPHYS_PAGES")
    free = free or total_memory(root) // 2 or 2**62
    left = [max(0, limit - group.used()) for group in _groups(root, "memory")
            if (limit := group.limit())]  # fmt: skip
    return min([free, *left])


@dataclass(frozen=True)
class _Group:
    """The folder of a control group, in version 1 or 2."""

    folder: Path
    version: int

    def limit(self) -> int | None:
        """Bytes."""
        return self._number("memory.max" if self.version == 2 else "memory.limit_in_bytes")

    def used(self) -> int:
        """Bytes, but for what can be dropped."""
        name = "memory.current" if self.version == 2 else "memory.usage_in_bytes"
        inactive = "inactive_file" if self.version == 2 else "total_inactive_file"
        facts = dict(line.split()[:2] for line in self._lines("memory.stat"))
        return max(0, (self._number(name) or 0) - int(facts.get(inactive, 0)))

    def quota(self) -> float | None:
        """How many processors' time."""
        if self.version == 2:
            words = " ".join(self._lines("cpu.max")).split()
        else:
            words = [*self._lines("cpu.cfs_quota_us"), *self._lines("cpu.cfs_period_us")]
        if len(words) != 2 or not all(word.isdigit() for word in words):  # "max" or -1: no quota
            return None
        quota, period = map(int, words)
        return quota / period if quota and period else None

    def _number(self, name: str) -> int | None:
        """None where the file says "max", or is not there."""
        words = self._lines(name)
        return int(words[0]) if words and words[0].isdigit() else None

    def _lines(self, name: str) -> list[str]:
        return _lines_of(self.folder / name)


def _groups(root: Path, controller: str) -> Iterator[_Group]:
    """The control groups of this process for a controller, from its own outwards."""
    paths = _paths(root)
    for line in _lines_of(root / "proc/self/mountinfo"):
        before, _, behind = line.partition(" - ")
        where, kinds = before.split(), behind.split()
        if len(where) < 5 or len(kinds) < 3 or kinds[0] not in ("cgroup", "cgroup2"):
            continue
        version = 2 if kinds[0] == "cgroup2" else 1
        if version == 1 and controller not in kinds[2].split(","):
            continue
        path = paths.get(controller if version == 1 else "")
        if path is None:
            continue
        top = root / where[4].lstrip("/")
        # The mount shows the groups below `where[3]`; one that lies elsewhere is a container's
        # own, which sees itself at the top.
        inner = Path(path)
        inner = inner.relative_to(where[3]) if inner.is_relative_to(where[3]) else Path()
        folder = top / inner if (top / inner).is_dir() else top
        while True:
            yield _Group(folder, version)
            if folder == top:
                break
            folder = folder.parent


def _paths(root: Path) -> dict[str, str]:
    """This process's group by controller; "" is that of version 2."""
    found: dict[str, str] = {}
    for line in _lines_of(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        found.update(dict.fromkeys(controllers.split(","), path))
    return found


def _meminfo(root: Path) -> dict[str, int]:
    """Bytes by name, where there is such a file."""
    found = {}
    for line in _lines_of(root / "proc/meminfo"):
        name, _, words = line.partition(":")
        if words.split()[1:] == ["kB"]:
            found[name] = int(words.split()[0]) * 1024
    return found


def _lines_of(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _pages(name: str) -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf(name)
    except (AttributeError, ValueError, OSError):
        return 0
