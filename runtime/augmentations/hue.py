"""hue: the hue of each image turned by an angle of its own."""

from typing import Any

from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.colours import turn_hue
from lenet.runtime.augmentations.draws import between, first_draw


def settings(use: Use) -> tuple[Any, ...]:
    """What `paint` takes."""
    return (use["hue"], first_draw(use.name))


@kept
@njit(nogil=True)
def paint(light, rows, key, most, number):
    """See the package."""
    for k in range(rows.size):
        turn_hue(light[k], between(key, rows[k], number, -most, most))
