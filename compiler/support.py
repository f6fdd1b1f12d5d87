"""Kernels that are the same for every net: lanes to rows, random keys, exact sums, updates."""

from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

from compiler.simd.vector import INT32, INT64, kernel, load, store

# A mean gradient's unit in 64-bit fixed point is 2**-40, far below what a float32 weight can show.
# Sums are exact, so that their order and the number of threads and workers do not matter. A part,
# below LIMIT, has 50 bits, which is what the trick of add_exactly can take.
FRACTION_BITS = 40
LIMIT = 2.0**10


@kernel
def unpack(arena, outputs, first, count, y):
    """The lanes of a block's output vector as rows of `outputs`."""
    for place in range(outputs.shape[1]):
        for lane in range(count):
            outputs[first + lane, place] = arena[y + place * 16 + lane]


@kernel
def add_maps(arena, total, one, other, places):
    """The sum of two gradients of the same output, from two layers that read it."""
    for place in range(0, places * 16, 16):
        store(arena, total + place, load(arena, one + place) + load(arena, other + place))


@kernel
def clear(values, first, last):
    for place in range(first, last):
        values[place] = 0


@kernel
def take_image(arena, pixels, row, scale, shift, x):
    """pixels[row] * scale + shift at arena[x:], channel by channel."""
    size = pixels.shape[1] // scale.size
    for channel in range(scale.size):
        for place in range(channel * size, channel * size + size):
            arena[x + place] = np.float32(pixels[row, place]) * scale[channel] + shift[channel]


@kernel
def give_outputs(arena, y, row, outputs):
    for place in range(outputs.shape[1]):
        outputs[row, place] = arena[y + place]


@kernel
def make_keys(arena, rows, first, count, key, keys):
    """A random key a lane, from the epoch's key and the image's row."""
    view = arena[keys : keys + 16].view(np.uint32)
    for lane in range(16):
        row = rows[first + lane] if lane < count else 0
        h = np.uint64(key) + np.uint64(row) * np.uint64(0x9E3779B97F4A7C15)
        h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        view[lane] = np.uint32((h ^ (h >> np.uint64(31))) & np.uint64(0xFFFFFFFF))


@intrinsic
def _bits_of(typing_context: Any, value: Any) -> Any:
    """The bits of a float, as an integer of its size."""
    kind = types.int64 if value == types.float64 else types.int32

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], INT64 if value == types.float64 else INT32)

    return kind(value), generate


@njit(nogil=True, cache=True)
def add_exactly(one, other, total, factor, fresh):
    """total += (one + other) * factor in fixed point, or = if `fresh`.

    `one` and `other` are rounded by themselves, so that it does not matter which are added
    together. False where one is out of range, NaN included.

    Adding 1.5 * 2**52 to a float64 rounds it to a whole number and leaves that in its low bits,
    which vectors can do, unlike conversions.
    """
    # Without their sign, the bits of floats are in the order of the floats, with NaN above all.
    sign = np.int32(0x7FFFFFFF)
    largest = np.int32(0)
    for k in range(one.size):
        largest = max(largest, max(_bits_of(one[k]) & sign, _bits_of(other[k]) & sign))
    if largest >= _bits_of(np.float32(LIMIT / factor)):
        return False
    magic = 1.5 * 2.0**52
    magic_bits = _bits_of(magic)
    scale = factor * 2.0**FRACTION_BITS
    for k in range(one.size):
        a = np.float64(one[k]) * scale + magic
        b = np.float64(other[k]) * scale + magic
        total[k] = (
            (0 if fresh else total[k]) + (_bits_of(a) - magic_bits) + (_bits_of(b) - magic_bits)
        )
    return True


@njit(nogil=True, cache=True)
def sgd(weights, velocity, total, first, last, rate, momentum, nesterov, weight_decay):
    """One step of stochastic gradient descent from an exact mean gradient, for some parameters.

    v = momentum * v + g + weight_decay * w; w -= rate * (g + momentum * v if nesterov else v),
    as PyTorch defines it. False where a weight is no longer a finite number.
    """
    unit = 2.0**-FRACTION_BITS
    finite = True
    for k in range(first, last):
        slope = np.float32(total[k] * unit) + weight_decay * weights[k]
        if momentum != np.float32(0):
            velocity[k] = momentum * velocity[k] + slope
            slope = slope + momentum * velocity[k] if nesterov else velocity[k]
        weights[k] -= rate * slope
        finite &= abs(weights[k]) < np.float32(np.inf)  # NaN is not
    return finite


@njit(nogil=True, cache=True)
def adam(weights, moments, total, first, last, rate, beta1, beta2, epsilon, weight_decay, step):
    """One step of Adam (Kingma and Ba 2015), the `step`-th from 1, for some parameters.

    `moments` holds the running means of the slopes, then those of their squares. Weight decay is
    decoupled (Loshchilov and Hutter 2019), as in PyTorch's AdamW. False where a weight is no longer
    a finite number.
    """
    unit = 2.0**-FRACTION_BITS
    count = moments.size // 2
    one = np.float32(1)
    correction1 = np.float32(1.0 - np.float64(beta1) ** step)
    correction2 = np.float32(1.0 - np.float64(beta2) ** step)
    finite = True
    for k in range(first, last):
        slope = np.float32(total[k] * unit)
        mean = beta1 * moments[k] + (one - beta1) * slope
        square = beta2 * moments[count + k] + (one - beta2) * slope * slope
        moments[k], moments[count + k] = mean, square
        move = (mean / correction1) / (np.sqrt(square / correction2) + epsilon)
        weights[k] -= rate * (move + weight_decay * weights[k])
        finite &= abs(weights[k]) < np.float32(np.inf)  # NaN is not
    return finite
