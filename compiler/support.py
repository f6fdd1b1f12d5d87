"""Kernels that are the same for every net: lanes to rows, random keys, exact sums, updates."""

import numpy as np
from numba import njit

from compiler.simd.vector import kernel

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
def make_keys(arena, rows, first, count, key, keys):
    """A random key a lane, from the epoch's key and the image's row."""
    view = arena[keys : keys + 16].view(np.uint32)
    for lane in range(16):
        row = rows[first + lane] if lane < count else 0
        h = np.uint64(key) + np.uint64(row) * np.uint64(0x9E3779B97F4A7C15)
        h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        view[lane] = np.uint32((h ^ (h >> np.uint64(31))) & np.uint64(0xFFFFFFFF))


@njit(nogil=True, cache=True)
def add_exactly(values, total, factor):
    """total += values * factor in fixed point; whether all of them were in range."""
    fits = True
    for k in range(values.size):
        value = np.float64(values[k]) * factor
        fits &= -LIMIT < value < LIMIT  # NaN is not
    if not fits:
        return False
    for k in range(values.size):
        scaled = np.rint(np.float64(values[k]) * factor * 2.0**FRACTION_BITS)
        total[k] += np.int64(scaled)
    return True


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
