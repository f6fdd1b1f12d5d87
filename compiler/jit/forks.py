"""Forks. A child has its parent's memory, but only the thread that forked: what another thread
holds at that moment, nobody gives back.

So a fork waits for what is half made, which is short (STEADY, and numba's own locks); and whatever
threads, locks and processes an object holds for longer, it makes anew in the child (`renewed`).
"""

import logging  # noqa: F401 - its lock is taken at a fork, too: after ours, as it registers first
import os
from threading import RLock
from typing import Any, Protocol
from weakref import WeakSet


class Lock(Protocol):
    """Python's, or one of numba's."""

    def acquire(self) -> Any: ...

    def release(self) -> Any: ...


class Holder(Protocol):
    """What holds a lock, a thread or a process."""

    def renew(self) -> None:
        """Make them anew, in a child: nobody else is there."""


# Held while something is made that a child could not do with a half of. It is the first one to be
# taken of those that are taken together, but for that of compiler/jit/cache.py.
STEADY = RLock()
_awaited: list[Lock] = [STEADY]
_holders: WeakSet[Any] = WeakSet()


def await_lock(lock: Lock) -> None:
    """Let forks wait for a lock that is never held for long."""
    _awaited.append(lock)


def renewed(holder: Holder) -> None:
    """Let `holder.renew()` be called in each child, for as long as the holder lives."""
    _holders.add(holder)


def _before() -> None:
    for lock in _awaited:
        lock.acquire()


def _after() -> None:
    for lock in reversed(_awaited):
        lock.release()


def _in_child() -> None:
    _after()
    for holder in list(_holders):
        holder.renew()


os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_in_child)
