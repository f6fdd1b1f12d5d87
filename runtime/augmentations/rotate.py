"""rotate: each image by an angle of its own, either way."""

import math
from typing import Any

from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.draws import about_middle, uniform

Size = tuple[int, int]


def settings(use: Use, given: Size, wanted: Size) -> tuple[Any, ...]:
    """What `place` takes."""
    return (math.radians(use["rotate"]), *given)


@kept
@njit(nogil=True)
def place(maps, rows, key, most, height, width):
    """See the package."""
    for k in range(rows.size):
        angle = (2 * uniform(key, rows[k], 1) - 1) * most
        cosine, sine = math.cos(angle), math.sin(angle)
        about_middle(maps[k], height, width, cosine, -sine, sine, cosine)
