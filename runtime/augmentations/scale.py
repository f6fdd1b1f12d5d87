"""scale: each image by a factor of its own."""

from typing import Any

from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.draws import about_middle, uniform

Size = tuple[int, int]


def settings(use: Use, given: Size, wanted: Size) -> tuple[Any, ...]:
    """What `place` takes."""
    return (*use["scale"], *given)


@kept
@njit(nogil=True)
def place(maps, rows, key, least, most, height, width):
    """See the package."""
    for k in range(rows.size):
        factor = least + uniform(key, rows[k], 2) * (most - least)
        about_middle(maps[k], height, width, 1 / factor, 0.0, 0.0, 1 / factor)
