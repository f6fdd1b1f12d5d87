"""flip: images mirrored by chance, for each direction by itself."""

from typing import Any

from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.draws import behind, uniform

Size = tuple[int, int]


def settings(use: Use, given: Size, wanted: Size) -> tuple[Any, ...]:
    """What `place` takes."""
    return (use["chance"], use["horizontal"], use["vertical"], *given)


@kept
@njit(nogil=True)
def place(maps, rows, key, chance, horizontal, vertical, height, width):
    """See the package."""
    for k in range(rows.size):
        if horizontal and uniform(key, rows[k], 7) < chance:
            behind(maps[k], 1.0, 0.0, 0.0, 0.0, -1.0, width - 1.0)
        if vertical and uniform(key, rows[k], 8) < chance:
            behind(maps[k], -1.0, 0.0, height - 1.0, 0.0, 1.0, 0.0)
