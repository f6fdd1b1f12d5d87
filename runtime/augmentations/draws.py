"""What augmentations draw at random, and the maps that they make of it: compiled parts."""

import zlib

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lenet.compiler.jit.kept import kept
from lenet.compiler.simd.splitmix import FIRST, SECOND, STEP
from lenet.dsl.augmentations import AUGMENTATIONS, CHANCE
from lenet.dsl.vocabulary import Use

# The number, of those of a word, of the draw by which an image is changed or not.
_CHANCE = 255


def first_draw(name: str) -> int:
    """The number of an augmentation's first draw, of 256: nobody else's."""
    return zlib.crc32(name.encode()) << 8


@kept
@njit(nogil=True)
def bits(key, row, number):
    """64 bits (splitmix64): the same for the epoch's `key`, an image's `row` and the `number` of
    the draw, whatever else is drawn. They can be the key of many draws more."""
    state = (key ^ np.uint64(0xA0761D6478BD642F)) + np.uint64(row) * np.uint64(0xD1B54A32D192ED03)
    h = state + np.uint64(number) * STEP
    h = (h ^ (h >> np.uint64(30))) * FIRST
    h = (h ^ (h >> np.uint64(27))) * SECOND
    return h ^ (h >> np.uint64(31))


@kept
@njit(nogil=True)
def uniform(key, row, number):
    """A number from 0 to below 1, of 53 of these bits."""
    return np.float64(bits(key, row, number) >> np.uint64(11)) * 2.0**-53


@kept
@njit(nogil=True)
def between(key, row, number, least, most):
    """A number between these."""
    return least + uniform(key, row, number) * (most - least)


@kept
@njit(nogil=True)
def factor(key, row, number, most):
    """A number that is up to `most` away from 1, and not below 0."""
    return between(key, row, number, max(0.0, 1.0 - most), 1.0 + most)


@kept
@njit(nogil=True)
def behind(before, rr, rc, r1, cr, cc, c1):
    """The map `before`, of places of what another one gives: that comes to lie in front of it."""
    for i in range(0, 9, 3):
        a, b, c = before[i], before[i + 1], before[i + 2]
        before[i], before[i + 1] = a * rr + b * cr, a * rc + b * cc
        before[i + 2] = a * r1 + b * c1 + c


@kept
@njit(nogil=True)
def about_middle(before, height, width, rr, rc, cr, cc):
    """The same where the middle of an image stays where it is."""
    y, x = (height - 1) / 2, (width - 1) / 2
    behind(before, rr, rc, y - rr * y - rc * x, cr, cc, x - cr * y - cc * x)


@kept
@njit(nogil=True)
def uniforms(key, rows, number):
    """The same draw for each of the rows."""
    return np.array([uniform(key, row, number) for row in rows])


def by_chance(use: Use, rows: NDArray[np.int64], key: np.uint64) -> NDArray[np.bool_] | None:
    """Which images a line changes, by its `chance`; None if all."""
    entry = AUGMENTATIONS[use.name]
    if CHANCE not in entry.options or use[CHANCE.name] == CHANCE.default:
        return None
    draws = uniforms(key, rows, first_draw(use.name) + _CHANCE)
    drawn: NDArray[np.bool_] = draws < use[CHANCE.name]
    return drawn
