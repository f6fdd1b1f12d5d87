"""cutmix: rectangles of other images."""

import math
from typing import Any

from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.beta import beta
from lenet.runtime.augmentations.draws import bits, first_draw, uniform


def settings(use: Use) -> tuple[Any, ...]:
    """What `mix` takes."""
    return (use["cutmix"], first_draw(use.name))


@kept
@njit(nogil=True)
def mix(mixed, before, places, partners, rows, key, shares, a, number):
    """See mixtures.py."""
    height, width = before.shape[2:]
    for k in places:
        part = math.sqrt(1.0 - beta(bits(key, rows[k], number), a))
        tall, wide = int(math.floor(height * part)), int(math.floor(width * part))
        # The place of the top left corner, so that the middle is a pixel of the image.
        top = int(math.floor(uniform(key, rows[k], number + 1) * height)) - tall // 2
        left = int(math.floor(uniform(key, rows[k], number + 2) * width)) - wide // 2
        bottom, right = min(height, top + tall), min(width, left + wide)
        top, left = max(0, top), max(0, left)
        mixed[k, :, top:bottom, left:right] = before[partners[k], :, top:bottom, left:right]
        area = max(0, bottom - top) * max(0, right - left)
        shares[k] = 1.0 - area / (height * width)
