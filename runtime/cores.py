"""How many threads this process may use."""

import os


def available_cores() -> int:
    """Cores that this process may run on, which may be fewer than the machine has."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1
