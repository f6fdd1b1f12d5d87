"""Arrays that vectors can be loaded from at full speed."""

import mmap
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

_ALIGNMENT = 64
_LARGE = 2**22  # bytes from which on an array has pages of its own


def aligned_floats(count: int) -> NDArray[np.float32]:
    """`count` float32 zeros that begin on a cache line, as the kernels' loads demand."""
    space = _pages(4 * count) if 4 * count >= _LARGE else np.zeros(4 * count + _ALIGNMENT, np.uint8)
    start = -space.ctypes.data % _ALIGNMENT
    return space[start : start + 4 * count].view(np.float32)


def _pages(size: int) -> NDArray[np.uint8]:
    """Pages, large ones where the system has some: with small ones, kernels that go from map to map
    wait for addresses. What numpy gets may lie in memory that was in use before, in small ones."""
    flags = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
    space = mmap.mmap(-1, size, **flags)
    if hasattr(mmap, "MADV_HUGEPAGE"):  # on Linux
        with suppress(OSError):  # whose kernel may know none
            space.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(space, np.uint8)


def frozen(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """A read-only view: the kernels are compiled for data that they cannot change."""
    view = array.view()
    view.flags.writeable = False
    return view
