"""solarize: 1 minus each value that is large."""

from typing import Any

import numpy as np
from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use


def settings(use: Use) -> tuple[Any, ...]:
    """What `paint` takes."""
    return (use["solarize"],)


@kept
@njit(nogil=True)
def paint(light, rows, key, least):
    """See the package."""
    for k in range(rows.size):
        values = light[k].ravel()
        for place in range(values.size):
            value = values[place]
            values[place] = np.float32(1) - value if value >= np.float32(least) else value
