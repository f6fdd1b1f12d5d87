"""blur: each image blurred by a Gaussian of a width of its own."""

from typing import Any

from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.draws import first_draw, uniform
from lenet.runtime.augmentations.gaussian import smoothed, weights_of


def settings(use: Use) -> tuple[Any, ...]:
    """What `paint` takes."""
    return (use["blur"], first_draw(use.name))


@kept
@njit(nogil=True)
def paint(light, rows, key, most, number):
    """See the package."""
    for k in range(rows.size):
        weights = weights_of(uniform(key, rows[k], number) * most)
        for channel in range(light.shape[1]):
            light[k, channel] = smoothed(light[k, channel], weights, True)
