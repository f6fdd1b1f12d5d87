"""Sums of floats that are exact, so that those of parts can be added up in any order."""

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

# A float64 is a whole number of 53 bits times a power of two; the smallest one is 2^-1074.
_MANTISSA = 53
UNIT_BITS = 1074 + _MANTISSA
_HALF = 27  # bits of the lower part of such a number: products of two parts are below 2^54
_TOGETHER = 256  # of which this many can be added as int64
UNIT = 2**UNIT_BITS


def sums_of(values: NDArray[np.float64]) -> tuple[int, int]:
    """Of finite numbers (count,), times UNIT, and of their squares, times its square: whole numbers
    of any size."""
    mantissas, powers = np.frexp(values)
    whole = np.rint(mantissas * 2.0**_MANTISSA).astype(np.int64)
    total = squares = 0
    for power in np.unique(powers).tolist():
        own, shift = whole[powers == power], power - _MANTISSA + UNIT_BITS
        high, low = own >> _HALF, own & (2**_HALF - 1)
        total += _sum(own) << shift
        square = (_sum(high * high) << 2 * _HALF) + (_sum(2 * high * low) << _HALF)
        squares += (square + _sum(low * low)) << 2 * shift
    return total, squares


def _sum(whole: NDArray[np.int64]) -> int:
    return sum(np.add.reduceat(whole, np.arange(0, len(whole), _TOGETHER)).tolist())


def moments_of(count: int, total: int, squares: int) -> tuple[float, float]:
    """Mean and standard deviation of so many numbers, rounded from an exact mean and variance."""
    mean = Fraction(total, UNIT * count)
    variance = Fraction(squares, UNIT**2 * count) - mean * mean
    return float(mean), math.sqrt(variance)
