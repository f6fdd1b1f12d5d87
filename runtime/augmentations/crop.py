"""crop: a window of each image, which is padded with zeros first; or one of any size, which gets
that of the image."""

import math
from typing import Any

import numpy as np
from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.draws import behind, between, first_draw, uniform
from lenet.runtime.augmentations.functions import exponential
from lenet.runtime.data.preparation import Box, Window

Size = tuple[int, int]
_TRIES = 10  # of sizes that might be too large, as in torchvision's RandomResizedCrop
_ASPECT = 0.28768207245178085  # the logarithm of 4/3


def settings(use: Use, given: Size, wanted: Size) -> tuple[Any, ...]:
    """What `place` takes."""
    return (first_draw(use.name), use["chance"], *use["random"], *use["pad"], *given, *wanted)


@kept
@njit(nogil=True)
def place(
    maps, rows, key, number, chance, least, most, pad_rows, pad_columns, height, width, tall, wide
):  # fmt: skip
    """See the package."""
    rest_rows, rest_columns = height - tall, width - wide
    for k in range(rows.size):
        drawn = uniform(key, rows[k], number) < chance
        if most > 0:
            if drawn:
                _resized(maps[k], key, rows[k], number + 1, least, most, height, width)
        elif drawn:
            top = math.floor(uniform(key, rows[k], 5) * (rest_rows + 2 * pad_rows + 1)) - pad_rows
            left = math.floor(uniform(key, rows[k], 6) * (rest_columns + 2 * pad_columns + 1))
            behind(maps[k], 1.0, 0.0, top, 0.0, 1.0, left - pad_columns)
        else:
            behind(maps[k], 1.0, 0.0, rest_rows // 2, 0.0, 1.0, rest_columns // 2)


@kept
@njit(nogil=True)
def _resized(before, key, row, number, least, most, height, width):
    """A window whose corners become those of the image."""
    top, left, tall, wide = _window(key, row, number, least, most, height, width)
    if tall > 0:
        down = (tall - 1) / max(1, height - 1)
        across = (wide - 1) / max(1, width - 1)
        behind(before, down, 0.0, top, 0.0, across, left)


def window(use: Use, key: np.uint64, row: int) -> Window:
    """The window of an image whose picture is of any size; see the package."""
    number, (least, most) = first_draw(use.name), use["random"]

    def of(height: int, width: int) -> Box | None:
        if not uniform(key, row, number) < use["chance"]:
            return None
        box = _window(key, row, number + 1, least, most, height, width)
        return box if box[2] else None

    return of


@kept
@njit(nogil=True)
def _window(key, row, number, least, most, height, width):
    """Of whole pixels: its top, left, height and width. The height is 0 where no size that is drawn
    fits into the image."""
    for attempt in range(_TRIES):
        area = between(key, row, number + 2 * attempt, least, most) * height * width
        aspect = exponential(between(key, row, number + 2 * attempt + 1, -_ASPECT, _ASPECT))
        tall = math.floor(math.sqrt(area / aspect) + 0.5)
        wide = math.floor(math.sqrt(area * aspect) + 0.5)
        if 1 <= tall <= height and 1 <= wide <= width:
            place = number + 2 * _TRIES
            top = math.floor(uniform(key, row, place) * (height - tall + 1))
            left = math.floor(uniform(key, row, place + 1) * (width - wide + 1))
            return top, left, tall, wide
    return 0, 0, 0, 0
