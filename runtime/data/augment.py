"""Training images changed at random: the same change for an image and an epoch everywhere."""

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lenet.compiler.jit.kept import kept
from lenet.compiler.simd.splitmix import FIRST, SECOND, STEP
from lenet.dsl.sections.augment import Augment


def augmented(
    pixels: NDArray[Any], rows: NDArray[np.int64], augment: Augment, key: np.uint64
) -> NDArray[Any]:
    """Copies of pixels[rows], (count, channels, height, width), each changed in its own way.

    What was outside of the image is 0. `key` is the epoch's.
    """
    count, (channels, height, width) = len(rows), pixels.shape[1:]
    if augment.crop is not None:
        height, width = augment.crop
    changed = np.empty((count, channels, height, width), pixels.dtype)
    rotate = math.radians(augment.rotate)
    _augment(
        pixels, rows, key, rotate, augment.scale[0], augment.scale[1], augment.shift[0],
        augment.shift[1], augment.crop is not None, augment.crop_pad[0], augment.crop_pad[1],
        augment.flip_horizontal, augment.flip_vertical, pixels.dtype == np.uint8, changed,
    )  # fmt: skip
    return changed


@kept
@njit(nogil=True)
def _random(state):
    """The next state, and a number from 0 to 1 (splitmix64)."""
    state = state + STEP
    h = (state ^ (state >> np.uint64(30))) * FIRST
    h = (h ^ (h >> np.uint64(27))) * SECOND
    h = h ^ (h >> np.uint64(31))
    return state, np.float64(h >> np.uint64(11)) * 2.0**-53


@kept
@njit(nogil=True)
def _augment(
    pixels, rows, key, rotate, smallest, largest, shift_rows, shift_columns, crop, pad_rows,
    pad_columns, flip_horizontal, flip_vertical, whole, changed,
):  # fmt: skip
    channels, height, width = pixels.shape[1:]
    out_height, out_width = changed.shape[2:]
    turns = rotate != 0 or smallest != 1 or largest != 1
    for k in range(rows.size):
        state = (key ^ np.uint64(0xA0761D6478BD642F)) + np.uint64(rows[k]) * np.uint64(
            0xD1B54A32D192ED03
        )
        state, a = _random(state)
        state, s = _random(state)
        state, down = _random(state)
        state, across = _random(state)
        state, top = _random(state)
        state, left = _random(state)
        state, mirror = _random(state)
        state, turn = _random(state)
        angle, factor = (2 * a - 1) * rotate, smallest + s * (largest - smallest)
        # Where the top left pixel of the result lies in the image.
        row = int(math.floor(down * (2 * shift_rows + 1))) - shift_rows
        column = int(math.floor(across * (2 * shift_columns + 1))) - shift_columns
        if crop:
            row += int(math.floor(top * (height + 2 * pad_rows - out_height + 1))) - pad_rows
            column += int(math.floor(left * (width + 2 * pad_columns - out_width + 1)))
            column -= pad_columns
        cosine, sine = math.cos(angle) / factor, math.sin(angle) / factor
        middle_row, middle_column = (height - 1) / 2, (width - 1) / 2
        for r in range(out_height):
            for c in range(out_width):
                y = row + (out_height - 1 - r if flip_vertical and turn < 0.5 else r)
                x = column + (out_width - 1 - c if flip_horizontal and mirror < 0.5 else c)
                if not turns:
                    inside = 0 <= y < height and 0 <= x < width
                    for channel in range(channels):
                        changed[k, channel, r, c] = pixels[rows[k], channel, y, x] if inside else 0
                    continue
                v = (y - middle_row) * cosine - (x - middle_column) * sine + middle_row
                u = (y - middle_row) * sine + (x - middle_column) * cosine + middle_column
                for channel in range(channels):
                    value = _between(pixels[rows[k], channel], v, u)
                    changed[k, channel, r, c] = min(255, int(value + 0.5)) if whole else value


@kept
@njit(nogil=True)
def _between(image, v, u):
    """The value at a place between four pixels, in proportion to how near they are."""
    height, width = image.shape
    top, left = int(math.floor(v)), int(math.floor(u))
    down, across = v - top, u - left
    total = 0.0
    for i in range(2):
        for j in range(2):
            if 0 <= top + i < height and 0 <= left + j < width:
                part = (down if i else 1 - down) * (across if j else 1 - across)
                total += part * image[top + i, left + j]
    return total
