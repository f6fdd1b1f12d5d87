"""Training images changed at random: the same change for an image and an epoch everywhere.

Each augmentation is a module of this folder, under the name that the language has for it. Those
that move values have a compiled function `place(maps, rows, key, …)`, which puts one more step into
the map of each image, and `settings(use, given, wanted)`, the numbers that it takes behind these,
for images of the size `given` that become `wanted`. Those that change values have a function
`paint(images, rows, key, …)`, and `settings(use)`. All that is random follows from the epoch's key,
the image's row and the number of the draw, so that no line changes what another one draws.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lenet.compiler.jit.kept import kept
from lenet.dsl.augmentations import AUGMENTATIONS
from lenet.dsl.sections.augment import Augment
from lenet.dsl.vocabulary import carried_out

_PLACES = ("turn", "move", "cut", "mirror")


def augmented(
    pixels: NDArray[Any], rows: NDArray[np.int64], augment: Augment, key: np.uint64
) -> NDArray[Any]:
    """Copies of pixels[rows], (count, channels, height, width), each changed in its own way.

    What was outside of the image is 0. `key` is the epoch's.
    """
    count, (channels, height, width) = len(rows), pixels.shape[1:]
    size = augment.size or (height, width)
    # Where in an image a place of the result lies: row and column are [rr rc r1] and [cr cc c1]
    # times [row column 1].
    maps = np.tile(np.array([1.0, 0, 0, 0, 1, 0]), (count, 1))
    given = height, width
    for use in augment.of_stage(*_PLACES):
        module = carried_out(__name__, use.name)
        wanted = size if AUGMENTATIONS[use.name].resizes else given
        module.place(maps, rows, key, *module.settings(use, given, wanted))
        given = wanted
    changed = np.empty((count, channels, *size), pixels.dtype)
    _sample(pixels, rows, maps, pixels.dtype == np.uint8, changed)
    for use in augment.of_stage("paint"):
        module = carried_out(__name__, use.name)
        module.paint(changed, rows, key, *module.settings(use))
    return changed


@kept
@njit(nogil=True)
def _sample(pixels, rows, maps, whole, changed):
    channels, height, width = pixels.shape[1:]
    out_height, out_width = changed.shape[2:]
    for k in range(rows.size):
        rr, rc, r1, cr, cc, c1 = maps[k]
        # Whether every place is a place of the image, or lies outside.
        exact = (
            abs(rr) == 1 and abs(cc) == 1 and rc == 0 and cr == 0
            and r1 == np.floor(r1) and c1 == np.floor(c1)
        )  # fmt: skip
        if exact:
            down, across, top, left = int(rr), int(cc), int(r1), int(c1)
            for channel in range(channels):
                for r in range(out_height):
                    y = top + down * r
                    if y < 0 or y >= height:
                        for c in range(out_width):
                            changed[k, channel, r, c] = 0
                        continue
                    for c in range(out_width):
                        x = left + across * c
                        inside = 0 <= x < width
                        changed[k, channel, r, c] = pixels[rows[k], channel, y, x] if inside else 0
            continue
        for r in range(out_height):
            for c in range(out_width):
                v, u = rr * r + rc * c + r1, cr * r + cc * c + c1
                for channel in range(channels):
                    value = _between(pixels[rows[k], channel], v, u)
                    changed[k, channel, r, c] = min(255, int(value + 0.5)) if whole else value


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
