"""shear: rows, then columns, of each image slide over each other, by angles of its own: as in
torchvision's RandomAffine(shear=(-x, x, -y, y))."""

import math
from typing import Any

from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.draws import about_middle, between, first_draw
from lenet.runtime.augmentations.functions import tangent

Size = tuple[int, int]


def settings(use: Use, given: Size, wanted: Size) -> tuple[Any, ...]:
    """What `place` takes."""
    angles = math.radians(use["shear"]), math.radians(use["vertical"])
    return (first_draw(use.name), *angles, *given)


@kept
@njit(nogil=True)
def place(maps, rows, key, number, most_across, most_down, height, width):
    """See the package."""
    for k in range(rows.size):
        across = tangent(between(key, rows[k], number, -most_across, most_across))
        down = tangent(between(key, rows[k], number + 1, -most_down, most_down))
        about_middle(maps[k], height, width, 1.0, down, across, 1.0 + across * down)
