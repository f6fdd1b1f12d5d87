"""Exact sums of gradients, and the optimizers, which take them: the same for every net."""

from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

from compiler.simd.kernel import Entry, Kernel
from compiler.simd.vector import DOUBLE, INT32, INT64

# A mean gradient's unit in 64-bit fixed point is 2**-40, far below what a float32 weight can show.
# Sums are exact, so that their order and the number of threads and workers do not matter. A part,
# below LIMIT, has 50 bits, which is what the trick of add_exactly can take.
FRACTION_BITS = 40
LIMIT = 2.0**10
# Without their sign, the bits of floats are in the order of the floats, with NaN above all.
_UNSIGNED = np.int32(0x7FFFFFFF)
_INFINITY = np.int32(0x7F800000)
BLOCK = 2048  # parameters that are summed and updated at a time
OUT_OF_RANGE, NOT_FINITE = 1, 2


@intrinsic
def _bits_of(typing_context: Any, value: Any) -> Any:
    """The bits of a float, as an integer of its size."""
    kind = types.int64 if value == types.float64 else types.int32

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], INT64 if value == types.float64 else INT32)

    return kind(value), generate


@Entry
def add_exactly(one, other, total, factor, fresh) -> bool:
    """total += (one + other) * factor in fixed point, or = if `fresh`.

    `one` and `other` are rounded by themselves, so that it does not matter which are added
    together. False where one is out of range, NaN included. Both are read twice, some at a time
    that stay in the first-level cache.

    Adding 1.5 * 2**52 to a float64 rounds it to a whole number and leaves that in its low bits,
    which vectors can do, unlike conversions.
    """
    limit = _bits_of(np.float32(LIMIT / factor))
    magic = 1.5 * 2.0**52
    magic_bits = _bits_of(magic)
    scale = factor * 2.0**FRACTION_BITS
    for start in range(0, one.size, BLOCK):
        end = min(start + BLOCK, one.size)
        x, y, t = one[start:end], other[start:end], total[start:end]
        largest = np.int32(0)
        for k in range(t.size):
            largest = max(largest, max(_bits_of(x[k]) & _UNSIGNED, _bits_of(y[k]) & _UNSIGNED))
        if largest >= limit:
            return False
        for k in range(t.size):
            a = np.float64(x[k]) * scale + magic
            b = np.float64(y[k]) * scale + magic
            t[k] = (0 if fresh else t[k]) + (_bits_of(a) - magic_bits) + (_bits_of(b) - magic_bits)
    return True


@intrinsic
def _double_of(typing_context: Any, value: Any) -> Any:
    """The float64 with the bits of a uint64."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], DOUBLE)

    return types.float64(types.uint64), generate


@njit(inline="always")
def _slope(total):
    """A mean gradient from its fixed point: float32(total * 2**-FRACTION_BITS).

    Processors without AVX-512 convert 64-bit integers one by one. But the bits of 2**52 + n are
    those of 2**52 plus n for n below 2**32, and vectors can do that for both halves; their sum is
    rounded as the conversion would be.
    """
    bits = np.uint64(0x4330000000000000)  # of 2**52
    raised = np.uint64(total) ^ np.uint64(2**63)  # by 2**63, so that it is not negative
    low = _double_of(raised & np.uint64(0xFFFFFFFF) | bits) - 2.0**52
    high = _double_of(raised >> np.uint64(32) | bits) - (2.0**52 + 2.0**31)
    return np.float32(high * 2.0 ** (32 - FRACTION_BITS) + low * 2.0**-FRACTION_BITS)


@Kernel
def sum_parts(gradients, rows, parts, owners, first, total, factor) -> bool:
    """total = the exact sum of parts[owners] and of gradients[rows] * factor, from column `first`
    on; `rows` are an even number. False where a gradient is out of range."""
    last = first + total.size
    for k in range(total.size):
        total[k] = 0
    for owner in owners:
        part = parts[owner, first:last]
        for k in range(total.size):
            total[k] += part[k]
    for k in range(0, rows.size, 2):
        one, other = gradients[rows[k], first:last], gradients[rows[k + 1], first:last]
        if not add_exactly(one, other, total, factor, False):
            return False
    return True


@Entry
def sum_exactly(gradients, rows, parts, owners, total, first, last, factor) -> bool:
    """sum_parts for the columns first … last of `total`, some at a time."""
    for start in range(first, last, BLOCK):
        part = total[start : min(start + BLOCK, last)]
        if not sum_parts(gradients, rows, parts, owners, start, part, factor):
            return False
    return True


@Entry
def sgd(weights, velocity, total, rate, momentum, nesterov, weight_decay) -> bool:
    """One step of stochastic gradient descent: weights, velocities, exact mean gradient.

    v = momentum * v + g + weight_decay * w; w -= rate * (g + momentum * v if nesterov else v),
    as PyTorch defines it. False where a weight is no longer a finite number.
    """
    w, v = weights, velocity
    largest = np.int32(0)
    if momentum == np.float32(0):
        for k in range(w.size):
            w[k] -= rate * (_slope(total[k]) + weight_decay * w[k])
            largest = max(largest, np.int32(_bits_of(w[k]) & _UNSIGNED))
    else:
        for k in range(w.size):
            slope = _slope(total[k]) + weight_decay * w[k]
            v[k] = momentum * v[k] + slope
            w[k] -= rate * (slope + momentum * v[k] if nesterov else v[k])
            largest = max(largest, np.int32(_bits_of(w[k]) & _UNSIGNED))
    return bool(largest < _INFINITY)


@Entry
def adam(
    weights, means, squares, total, rate, beta1, beta2, epsilon, weight_decay, step
) -> bool:  # fmt: skip
    """One step of Adam (Kingma and Ba 2015), the `step`-th from 1: weights, running means of the
    gradient and of its square, exact mean gradient.

    Weight decay is decoupled (Loshchilov and Hutter 2019), as in PyTorch's AdamW. False where a
    weight is no longer a finite number.
    """
    w = weights
    one = np.float32(1)
    correction1 = np.float32(1.0 - np.float64(beta1) ** step)
    correction2 = np.float32(1.0 - np.float64(beta2) ** step)
    largest = np.int32(0)
    for k in range(w.size):
        slope = _slope(total[k])
        mean = beta1 * means[k] + (one - beta1) * slope
        square = beta2 * squares[k] + (one - beta2) * slope * slope
        means[k], squares[k] = mean, square
        move = (mean / correction1) / (np.sqrt(square / correction2) + epsilon)
        w[k] -= rate * (move + weight_decay * w[k])
        largest = max(largest, np.int32(_bits_of(w[k]) & _UNSIGNED))
    return bool(largest < _INFINITY)


# From the parts to the weights in one pass. The sums of all blocks lie at the same place of `total`
# and so in the first-level cache. They return 0, or OUT_OF_RANGE or NOT_FINITE.


@Entry
def sum_and_sgd(
    gradients, rows, parts, owners, total, first, last, factor, weights, velocity, rate, momentum,
    nesterov, weight_decay,
) -> int:  # fmt: skip
    """sgd with the sum of some parts, for the parameters first … last."""
    for start in range(first, last, BLOCK):
        end = min(start + BLOCK, last)
        t = total[first : first + end - start]
        if not sum_parts(gradients, rows, parts, owners, start, t, factor):
            return OUT_OF_RANGE
        w, v = weights[start:end], velocity[start:end]
        if not sgd(w, v, t, rate, momentum, nesterov, weight_decay):
            return NOT_FINITE
    return 0


@Entry
def sum_and_adam(
    gradients, rows, parts, owners, total, first, last, factor, weights, means, squares, rate,
    beta1, beta2, epsilon, weight_decay, step,
) -> int:  # fmt: skip
    """adam with the sum of some parts, for the parameters first … last."""
    for start in range(first, last, BLOCK):
        end = min(start + BLOCK, last)
        t = total[first : first + end - start]
        if not sum_parts(gradients, rows, parts, owners, start, t, factor):
            return OUT_OF_RANGE
        w, m, s = weights[start:end], means[start:end], squares[start:end]
        if not adam(w, m, s, t, rate, beta1, beta2, epsilon, weight_decay, step):
            return NOT_FINITE
    return 0
