"""noise: normal noise, of each value its own."""

from typing import Any

import numpy as np
from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.draws import bits, first_draw
from lenet.runtime.augmentations.functions import normal


def settings(use: Use) -> tuple[Any, ...]:
    """What `paint` takes."""
    return (use["noise"], first_draw(use.name))


@kept
@njit(nogil=True)
def paint(light, rows, key, deviation, number):
    """See the package."""
    for k in range(rows.size):
        own = bits(key, rows[k], number)
        values = light[k].ravel()
        for place in range(values.size):
            values[place] += np.float32(deviation * normal(bits(own, 0, place)))
