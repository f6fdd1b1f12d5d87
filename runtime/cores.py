"""What this machine has: threads and memory."""

import os

from dsl.errors import LenetError


def available_cores() -> int:
    """Cores that this process may run on, which may be fewer than the machine has."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def total_memory() -> int:
    """Bytes, or 0 where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0


def available_memory() -> int:
    """Bytes that processes can still take, or half of the machine's where it does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return total_memory() // 2 or 2**62


def check_memory(needed: int) -> None:
    """LenetError where a net's buffers, in bytes, are more than the machine's memory."""
    memory = total_memory()
    if memory and needed > memory:
        raise LenetError(
            "the training would not fit into this machine's memory",
            f"Its buffers need {needed / 2**30:,.1f} GiB, the machine has {memory / 2**30:,.1f}.",
            "make the net smaller, or use fewer threads",
        )
