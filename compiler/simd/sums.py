"""Sums that normalizations of single images need, in an order of their own.

Four sums side by side hide the time that an addition takes.
"""

import numpy as np

from lenet.compiler.simd.kernel import linked
from lenet.compiler.simd.vector import fma, load, splat


@linked
def sums_apart(array, start, count, center):
    """The sums of x - center and of its square over `count` vectors, lane by lane."""
    zero = splat(np.float32(0))
    a, b, c, d = zero, zero, zero, zero
    e, f, g, h = zero, zero, zero, zero
    whole = count - count % 4
    for place in range(start, start + whole * 16, 64):
        apart = load(array, place) - center
        a, e = a + apart, e + apart * apart
        apart = load(array, place + 16) - center
        b, f = b + apart, f + apart * apart
        apart = load(array, place + 32) - center
        c, g = c + apart, g + apart * apart
        apart = load(array, place + 48) - center
        d, h = d + apart, h + apart * apart
    for place in range(start + whole * 16, start + count * 16, 16):
        apart = load(array, place) - center
        a, e = a + apart, e + apart * apart
    return (a + b) + (c + d), (e + f) + (g + h)


@linked
def sums_apart_single(array, start, count, center):
    """The same over `count` floats of one image, with the same bits as in a lane."""
    zero = np.float32(0)
    a, b, c, d = zero, zero, zero, zero
    e, f, g, h = zero, zero, zero, zero
    whole = count - count % 4
    for place in range(start, start + whole, 4):
        apart = array[place] - center
        a, e = a + apart, e + apart * apart
        apart = array[place + 1] - center
        b, f = b + apart, f + apart * apart
        apart = array[place + 2] - center
        c, g = c + apart, g + apart * apart
        apart = array[place + 3] - center
        d, h = d + apart, h + apart * apart
    for place in range(start + whole, start + count):
        apart = array[place] - center
        a, e = a + apart, e + apart * apart
    return (a + b) + (c + d), (e + f) + (g + h)


@linked
def sums_along(array, dy, x, count, center):
    """The sums of dy and of dy (x - center) over `count` vectors, lane by lane."""
    zero = splat(np.float32(0))
    a, b, e, f = zero, zero, zero, zero
    whole = count - count % 2
    for place in range(0, whole * 16, 32):
        slope = load(array, dy + place)
        a, e = a + slope, fma(slope, load(array, x + place) - center, e)
        slope = load(array, dy + place + 16)
        b, f = b + slope, fma(slope, load(array, x + place + 16) - center, f)
    for place in range(whole * 16, count * 16, 16):
        slope = load(array, dy + place)
        a, e = a + slope, fma(slope, load(array, x + place) - center, e)
    return a + b, e + f
