"""cutout: a rectangle of each image set to 0."""

import math
from typing import Any

from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.draws import first_draw, uniform


def settings(use: Use) -> tuple[Any, ...]:
    """What `paint` takes."""
    return (*use["cutout"], first_draw(use.name))


@kept
@njit(nogil=True)
def paint(light, rows, key, tall, wide, number):
    """See the package."""
    height, width = light.shape[2:]
    for k in range(rows.size):
        # The place of the top left corner, so that the middle is a pixel of the image.
        top = int(math.floor(uniform(key, rows[k], number) * height)) - tall // 2
        left = int(math.floor(uniform(key, rows[k], number + 1) * width)) - wide // 2
        light[k, :, max(0, top) : max(0, top + tall), max(0, left) : max(0, left + wide)] = 0
