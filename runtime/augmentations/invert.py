"""invert: 1 minus each value."""

from typing import Any

import numpy as np
from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use


def settings(use: Use) -> tuple[Any, ...]:
    """What `paint` takes."""
    return ()


@kept
@njit(nogil=True)
def paint(light, rows, key):
    """See the package."""
    for k in range(rows.size):
        light[k] = np.float32(1) - light[k]
