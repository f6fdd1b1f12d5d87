"""Shares of two, from the distribution Beta(a, a)."""

import math

import numpy as np
from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.runtime.augmentations.draws import bits
from lenet.runtime.augmentations.functions import exponential, logarithm, normal

_FAR = 40.0  # of which the exponential is all of a share that a float64 keeps


@kept
@njit(nogil=True)
def beta(key, a):
    """A number from 0 to 1, of Beta(a, a), for `a` from 0.01 on; all that is drawn follows from
    `key`. It is x / (x + y) for x and y of the gamma distribution, of which the logarithms are
    taken: for a small `a`, x and y themselves are too small for numbers."""
    apart = _log_gamma(bits(key, 0, 0), a) - _log_gamma(bits(key, 0, 1), a)
    return 1.0 / (1.0 + exponential(min(max(-apart, -_FAR), _FAR)))


@kept
@njit(nogil=True)
def _log_gamma(key, a):
    """The logarithm of a number of Gamma(a): one of Gamma(a + 1), by Marsaglia and Tsang 2000 (A
    simple method for generating gamma variables), times a uniform number to the 1 / a."""
    d = a + 2.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    number = 1
    while True:
        x = normal(bits(key, 0, number))
        v = 1.0 + c * x
        if v > 0:
            v = v * v * v
            if _log_uniform(bits(key, 0, number + 1)) < 0.5 * x * x + d - d * v + d * logarithm(v):
                return logarithm(d * v) + _log_uniform(bits(key, 0, 0)) / a
        number += 2


@kept
@njit(nogil=True)
def _log_uniform(bits):
    """Of a number between 0 and 1, which is neither."""
    return logarithm((np.float64(bits >> np.uint64(12)) + 0.5) * 2.0**-52)
