"""posterize: each value without its last bits."""

from typing import Any

import numpy as np
from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use


def settings(use: Use) -> tuple[Any, ...]:
    """What `paint` takes."""
    return (8 - use["posterize"],)


@kept
@njit(nogil=True)
def paint(light, rows, key, dropped):
    """See the package."""
    white, unit = np.float32(255), np.float32(2**dropped)
    for k in range(rows.size):
        values = light[k].ravel()
        for place in range(values.size):
            byte = np.floor(values[place] * white + np.float32(0.5))
            values[place] = np.floor(byte / unit) * unit / white
