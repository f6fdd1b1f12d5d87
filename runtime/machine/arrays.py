"""Arrays that vectors can be loaded from at full speed."""

import numpy as np
from numpy.typing import NDArray

_ALIGNMENT = 64


def aligned_floats(count: int) -> NDArray[np.float32]:
    """`count` float32 zeros that begin on a cache line, as the kernels' loads demand."""
    space = np.zeros(4 * count + _ALIGNMENT, np.uint8)
    start = -space.ctypes.data % _ALIGNMENT
    return space[start : start + 4 * count].view(np.float32)


def frozen(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """A read-only view: the kernels are compiled for data that they cannot change."""
    view = array.view()
    view.flags.writeable = False
    return view
