"""perspective: the corners of each image move inwards, each by as much as it draws."""

from typing import Any

import numpy as np
from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.draws import first_draw, uniform

Size = tuple[int, int]


def settings(use: Use, given: Size, wanted: Size) -> tuple[Any, ...]:
    """What `place` takes."""
    return (first_draw(use.name), use["perspective"], given[0] - 1.0, given[1] - 1.0)


@kept
@njit(nogil=True)
def place(maps, rows, key, number, most, height, width):
    """See the package."""
    if height == 0 or width == 0:  # a line has no corners
        return
    y, x = np.empty(4), np.empty(4)
    for k in range(rows.size):
        for corner in range(4):  # clockwise, from the top left
            down = uniform(key, rows[k], number + 2 * corner) * most / 2
            across = uniform(key, rows[k], number + 2 * corner + 1) * most / 2
            y[corner] = height * (1 - down if corner >= 2 else down)
            x[corner] = width * (1 - across if corner in (1, 2) else across)
        before = maps[k].reshape(3, 3).copy()
        step = _seen(y, x, height, width)
        maps[k] = 0
        for i in range(3):
            for j in range(3):
                for n in range(3):
                    maps[k, 3 * i + j] += before[i, n] * step[n, j]


@kept
@njit(nogil=True)
def _seen(y, x, height, width):
    """The map from a quadrilateral to the rectangle that it is an image of.

    Heckbert's map of the unit square to it, whose inverse is, but for a factor, the transposed
    matrix of its cofactors.
    """
    dy1, dx1, dy2, dx2 = y[1] - y[2], x[1] - x[2], y[3] - y[2], x[3] - x[2]
    sum_y, sum_x = y[0] - y[1] + y[2] - y[3], x[0] - x[1] + x[2] - x[3]
    area = dx1 * dy2 - dx2 * dy1
    g = (sum_x * dy2 - dx2 * sum_y) / area
    h = (dx1 * sum_y - sum_x * dy1) / area
    # Rows and columns of the place of (across, down, 1), and what they are divided by.
    m = np.empty((3, 3))
    m[0] = y[1] - y[0] + g * y[1], y[3] - y[0] + h * y[3], y[0]
    m[1] = x[1] - x[0] + g * x[1], x[3] - x[0] + h * x[3], x[0]
    m[2] = g, h, 1.0
    back = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            r, s, c, d = (j + 1) % 3, (j + 2) % 3, (i + 1) % 3, (i + 2) % 3
            back[i, j] = m[r, c] * m[s, d] - m[r, d] * m[s, c]
    determinant = m[0, 0] * back[0, 0] + m[0, 1] * back[1, 0] + m[0, 2] * back[2, 0]
    found = np.empty((3, 3))
    for j in range(3):
        found[0, j] = back[1, j] * height / determinant
        found[1, j] = back[0, j] * width / determinant
        found[2, j] = back[2, j] / determinant
    return found
