"""Functions of numbers that have the same bits on every machine: of sums, products and quotients
alone, which libraries' functions are not."""

import math

import numpy as np
from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.runtime.initial import FAR, LOG_2, LOG_3_4, MIDDLE, NEAR

_PARTS = 6  # how often an exponent is halved


@kept
@njit(nogil=True)
def exponential(x):
    """e to the x, for x between -40 and 40."""
    x /= 2.0**_PARTS
    total = 1.0
    for k in range(16, 0, -1):
        total = 1.0 + total * x / k
    for _ in range(_PARTS):
        total *= total
    return total


@kept
@njit(nogil=True)
def tangent(x):
    """Of an angle between -1.5 and 1.5: by Taylor's series of the sine and the cosine."""
    sine, cosine = 1.0, 1.0
    for k in range(28, 0, -2):
        sine = 1.0 - sine * x * x / (k * (k + 1))
        cosine = 1.0 - cosine * x * x / (k * (k - 1))
    return x * sine / cosine


@kept
@njit(nogil=True)
def normal(bits):
    """A number of the standard normal distribution, its quantile at a uniform number of these 64
    bits: see `normals` in runtime/initial."""
    p = (np.float64(bits >> np.uint64(12)) + 0.5) * 2.0**-52
    q = p - 0.5
    if abs(q) <= 0.425:
        return q * _ratio(MIDDLE, 0.180625 - q * q)
    r = math.sqrt(-logarithm(min(p, 1 - p)))
    tail = _ratio(NEAR, r - 1.6) if r <= 5 else _ratio(FAR, r - 5.0)
    return tail if q > 0 else -tail


@kept
@njit(nogil=True)
def _ratio(table, r):
    above, below = 0.0, 0.0
    for k in range(7, -1, -1):
        above, below = above * r + table[0][k], below * r + table[1][k]
    return above / below


@kept
@njit(nogil=True)
def logarithm(x):
    """The natural one, of a number above 0: see `_log` in runtime/initial."""
    fraction, exponent = math.frexp(x)
    z = (fraction - 0.75) / (fraction + 0.75)
    total = 0.0
    for k in range(23, -1, -2):
        total = total * (z * z) + 1 / k
    return exponent * LOG_2 + (2 * z * total + LOG_3_4)
