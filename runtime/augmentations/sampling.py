"""Images as maps and fields have them: each of their values is interpolated once.

A map tells where in an image a place of the result lies: its three rows times [row column 1] are a
row, a column, and what both are divided by, which is 1 unless the image is seen from elsewhere. A
field tells by how many rows and columns places of the result move before that.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lenet.compiler.jit.kept import kept

_NEAREST = 1e-6  # what is divided by no less lies in front of the eye


def identities(count: int) -> NDArray[np.float64]:
    """Maps that leave everything where it is, (count, 9)."""
    return np.tile(np.eye(3).ravel(), (count, 1))


def still(count: int, size: tuple[int, ...]) -> NDArray[np.float32]:
    """Fields that leave everything where it is, (count, 2, height, width)."""
    return np.zeros((count, 2, *size), np.float32)


def sample(
    pixels: NDArray[Any], rows: NDArray[np.int64], maps: NDArray[np.float64],
    fields: NDArray[np.float32], changed: NDArray[Any],
) -> None:  # fmt: skip
    """Write pixels[rows] as the maps, and the fields if there are any, have them."""
    _sample(pixels, rows, maps, fields, pixels.dtype == np.uint8, changed)


@kept
@njit(nogil=True)
def _sample(pixels, rows, maps, fields, whole, changed):
    for k in range(rows.size):
        field = fields[k : k + 1]
        if field.size == 0 and _is_exact(maps[k]):
            _copy(pixels[rows[k]], maps[k], changed[k])
        else:
            _interpolate(pixels[rows[k]], maps[k], field, whole, changed[k])


def sample_nearest(
    values: NDArray[np.float32], rows: NDArray[np.int64], maps: NDArray[np.float64],
    fields: NDArray[np.float32], outside: float, changed: NDArray[np.float32],
) -> None:  # fmt: skip
    """The same of values that cannot be mixed, (count, height, width): that of the nearest place,
    or `outside`."""
    _sample_nearest(values, rows, maps, fields, np.float32(outside), changed)


@kept
@njit(nogil=True)
def _sample_nearest(values, rows, maps, fields, outside, changed):
    height, width = values.shape[1:]
    for k in range(rows.size):
        m, bent = maps[k], fields.shape[0] > 0
        for row in range(changed.shape[1]):
            for column in range(changed.shape[2]):
                r, c = float(row), float(column)
                if bent:
                    r, c = r + fields[k, 0, row, column], c + fields[k, 1, row, column]
                v, u = m[0] * r + m[1] * c + m[2], m[3] * r + m[4] * c + m[5]
                w = m[6] * r + m[7] * c + m[8]
                changed[k, row, column] = outside
                if w >= _NEAREST:
                    y, x = int(np.floor(v / w + 0.5)), int(np.floor(u / w + 0.5))
                    if 0 <= y < height and 0 <= x < width:
                        changed[k, row, column] = values[rows[k], y, x]


@kept
@njit(nogil=True)
def _is_exact(m):
    """Whether every place is a place of the image, or lies outside."""
    return (
        abs(m[0]) == 1 and abs(m[4]) == 1 and m[1] == 0 and m[3] == 0
        and m[6] == 0 and m[7] == 0 and m[8] == 1
        and m[2] == np.floor(m[2]) and m[5] == np.floor(m[5])
    )  # fmt: skip


@kept
@njit(nogil=True)
def _copy(image, m, changed):
    channels, height, width = image.shape
    out_height, out_width = changed.shape[1:]
    down, across, top, left = int(m[0]), int(m[4]), int(m[2]), int(m[5])
    for channel in range(channels):
        for r in range(out_height):
            y = top + down * r
            if y < 0 or y >= height:
                for c in range(out_width):
                    changed[channel, r, c] = 0
                continue
            for c in range(out_width):
                x = left + across * c
                changed[channel, r, c] = image[channel, y, x] if 0 <= x < width else 0


@kept
@njit(nogil=True)
def _interpolate(image, m, field, whole, changed):
    channels = image.shape[0]
    out_height, out_width = changed.shape[1:]
    for row in range(out_height):
        for column in range(out_width):
            r, c = float(row), float(column)
            if field.size:
                r, c = r + field[0, 0, row, column], c + field[0, 1, row, column]
            v, u = m[0] * r + m[1] * c + m[2], m[3] * r + m[4] * c + m[5]
            w = m[6] * r + m[7] * c + m[8]
            if w < _NEAREST:
                changed[:, row, column] = 0
                continue
            v, u = v / w, u / w
            for channel in range(channels):
                value = _between(image[channel], v, u)
                changed[channel, row, column] = min(255, int(value + 0.5)) if whole else value


@kept
@njit(nogil=True)
def _between(image, v, u):
    """The value at a place between four pixels, in proportion to how near they are."""
    height, width = image.shape
    top, left = int(np.floor(v)), int(np.floor(u))
    down, across = v - top, u - left
    total = 0.0
    for i in range(2):
        for j in range(2):
            if 0 <= top + i < height and 0 <= left + j < width:
                part = (down if i else 1 - down) * (across if j else 1 - across)
                total += part * image[top + i, left + j]
    return total
