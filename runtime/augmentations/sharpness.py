"""sharpness: each image's differences from a smoother one times a factor of its own."""

from typing import Any

import numpy as np
from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.draws import factor, first_draw


def settings(use: Use) -> tuple[Any, ...]:
    """What `paint` takes."""
    return (use["sharpness"], first_draw(use.name))


@kept
@njit(nogil=True)
def paint(light, rows, key, most, number):
    """See the package."""
    for k in range(rows.size):
        times = np.float32(factor(key, rows[k], number, most))
        for channel in range(light.shape[1]):
            _sharpen(light[k, channel], times)


@kept
@njit(nogil=True)
def _sharpen(plane, times):
    """Pillow's filter SMOOTH, and what is beyond it; the border is as it was."""
    height, width = plane.shape
    before = plane.copy()
    rest = np.float32(1) - times
    for r in range(1, height - 1):
        above, own, below = before[r - 1], before[r], before[r + 1]
        for c in range(1, width - 1):
            total = (above[c - 1] + above[c]) + (above[c + 1] + own[c - 1])
            total += (own[c + 1] + below[c - 1]) + (below[c] + below[c + 1])
            mean = (total + np.float32(5) * own[c]) / np.float32(13)
            plane[r, c] = times * own[c] + rest * mean
