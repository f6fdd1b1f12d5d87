"""equalize: each value by how many are not larger."""

from typing import Any

import numpy as np
from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use


def settings(use: Use) -> tuple[Any, ...]:
    """What `paint` takes."""
    return ()


@kept
@njit(nogil=True)
def paint(light, rows, key):
    """See the package."""
    counts, table = np.empty(256, np.int64), np.empty(256, np.float32)
    levels = np.empty(light.shape[2] * light.shape[3], np.uint8)
    for k in range(rows.size):
        for channel in range(light.shape[1]):
            _equalize(light[k, channel].ravel(), levels, counts, table)


@kept
@njit(nogil=True)
def _equalize(values, levels, counts, table):
    """As Pillow does it, in whole numbers: what is brightest does not count in the size of a step,
    and where that is none, all stays as it is."""
    white, counts[:] = np.float32(255), 0
    for place in range(values.size):
        scaled = values[place] * white + np.float32(0.5)
        scaled = scaled if scaled > 0 else np.float32(0)  # what is no number, too
        levels[place] = np.uint8(np.int32(scaled if scaled < white else white))
    for level in levels:
        counts[level] += 1
    brightest = levels.max()
    step = (values.size - counts[brightest]) // 255
    if step == 0:
        return
    before = step // 2
    for level in range(256):
        table[level] = np.float32(min(before // step, 255)) / white
        before += counts[level]
    for place in range(values.size):
        values[place] = table[levels[place]]
