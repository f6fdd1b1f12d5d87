"""gray: the brightness of each image in all of its channels."""

from typing import Any

from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.colours import brightness_of


def settings(use: Use) -> tuple[Any, ...]:
    """What `paint` takes."""
    return ()


@kept
@njit(nogil=True)
def paint(light, rows, key):
    """See the package."""
    for k in range(rows.size):
        light[k, :] = brightness_of(light[k])
