"""contrast: each image's differences from its mean times a factor of its own."""

from typing import Any

import numpy as np
from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.colours import brightness_of
from lenet.runtime.augmentations.draws import factor, first_draw


def settings(use: Use) -> tuple[Any, ...]:
    """What `paint` takes."""
    return (use["contrast"], first_draw(use.name))


@kept
@njit(nogil=True)
def paint(light, rows, key, most, number):
    """See the package."""
    for k in range(rows.size):
        mean = brightness_of(light[k]).astype(np.float64).mean()
        times = factor(key, rows[k], number, most)
        light[k] *= np.float32(times)
        light[k] += np.float32((1 - times) * mean)
