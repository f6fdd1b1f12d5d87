"""brightness: each image times a factor of its own."""

from typing import Any

import numpy as np
from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.draws import factor, first_draw


def settings(use: Use) -> tuple[Any, ...]:
    """What `paint` takes."""
    return (use["brightness"], first_draw(use.name))


@kept
@njit(nogil=True)
def paint(light, rows, key, most, number):
    """See the package."""
    for k in range(rows.size):
        light[k] *= np.float32(factor(key, rows[k], number, most))
