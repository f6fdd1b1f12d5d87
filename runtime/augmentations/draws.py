"""What augmentations draw at random, and the maps that they make of it: compiled parts."""

import zlib

import numpy as np
from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.compiler.simd.splitmix import FIRST, SECOND, STEP


def first_draw(name: str) -> int:
    """The number of an augmentation's first draw, of 256: nobody else's."""
    return zlib.crc32(name.encode()) << 8


@kept
@njit(nogil=True)
def uniform(key, row, number):
    """A number from 0 to below 1 (splitmix64): the same for the epoch's `key`, an image's `row` and
    the `number` of the draw, whatever else is drawn."""
    state = (key ^ np.uint64(0xA0761D6478BD642F)) + np.uint64(row) * np.uint64(0xD1B54A32D192ED03)
    h = state + np.uint64(number) * STEP
    h = (h ^ (h >> np.uint64(30))) * FIRST
    h = (h ^ (h >> np.uint64(27))) * SECOND
    h = h ^ (h >> np.uint64(31))
    return np.float64(h >> np.uint64(11)) * 2.0**-53


@kept
@njit(nogil=True)
def behind(before, rr, rc, r1, cr, cc, c1):
    """The map `before`, of places of what another one gives: that comes to lie in front of it."""
    a, b, c, d, e, f = before
    before[0], before[1], before[2] = a * rr + b * cr, a * rc + b * cc, a * r1 + b * c1 + c
    before[3], before[4], before[5] = d * rr + e * cr, d * rc + e * cc, d * r1 + e * c1 + f


@kept
@njit(nogil=True)
def about_middle(before, height, width, rr, rc, cr, cc):
    """The same where the middle of an image stays where it is."""
    y, x = (height - 1) / 2, (width - 1) / 2
    behind(before, rr, rc, y - rr * y - rc * x, cr, cc, x - cr * y - cc * x)
