"""Kernels that are the same for every net: lanes to rows, random keys, exact sums, updates."""

from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

from compiler.simd.vector import INT64, kernel

# A gradient's unit in 64-bit fixed point is 2**-48: sums are exact, so that their order and
# the number of threads and workers do not matter. The parts of at most 32 slices, each below
# LIMIT, cannot overflow together: 32 * 2**10 = 2**15 = 2**(63 - 48).
FRACTION_BITS = 48
LIMIT = 2.0**10


@kernel
def unpack(arena, outputs, first, count, y):
    """The lanes of a block's output vector as rows of `outputs`."""
    for place in range(outputs.shape[1]):
        for lane in range(count):
            outputs[first + lane, place] = arena[y + place * 16 + lane]


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
    """The bits of a float64."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], INT64)

    return types.int64(types.float64), generate


@njit(nogil=True, cache=True)
def add_exactly(values, total, factor):
    """total += values * factor in fixed point; False where one is out of range, NaN included.

    Adding 1.5 * 2**52 to a float64 rounds it to a whole number and leaves that in its low bits,
    which vectors can do, unlike conversions. The number is taken in two halves, since 58 bits
    do not fit; together they are rint(values * factor * 2**48).
    """
    magic = 1.5 * 2.0**52
    magic_bits = _bits_of(magic)
    half = FRACTION_BITS // 2
    scale = factor * 2.0**half
    most = LIMIT * 2.0**half
    outside = 0
    for k in range(values.size):
        value = np.float64(values[k]) * scale
        outside |= 0 if -most < value < most else 1  # NaN is not
        shifted = value + magic
        low = (value - (shifted - magic)) * 2.0**half + magic
        total[k] += ((_bits_of(shifted) - magic_bits) << half) + (_bits_of(low) - magic_bits)
    return outside == 0


@njit(nogil=True, cache=True)
def sgd(weights, velocity, total, rate, momentum, nesterov, weight_decay):
    """One step of stochastic gradient descent from an exact mean gradient.

    v = momentum * v + g + weight_decay * w; w -= rate * (g + momentum * v if nesterov else v),
    as PyTorch defines it.
    """
    unit = 2.0**-FRACTION_BITS
    for k in range(weights.size):
        slope = np.float32(total[k] * unit) + weight_decay * weights[k]
        if momentum != np.float32(0):
            velocity[k] = momentum * velocity[k] + slope
            slope = slope + momentum * velocity[k] if nesterov else velocity[k]
        weights[k] -= rate * slope
