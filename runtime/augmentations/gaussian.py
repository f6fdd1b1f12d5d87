"""Sums of neighbours that a Gaussian weighs."""

import math

import numpy as np
from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.runtime.augmentations.functions import exponential


@kept
@njit(nogil=True)
def weights_of(deviation):
    """Of neighbours up to some three standard deviations away, as float32: their sum is 1."""
    reach = int(math.floor(3 * deviation + 0.5))
    weights = np.ones(2 * reach + 1)
    for k in range(-reach, reach + 1):
        if k:
            weights[reach + k] = exponential(-0.5 * (k / deviation) * (k / deviation))
    return (weights / weights.sum()).astype(np.float32)


@kept
@njit(nogil=True)
def smoothed(plane, weights, repeats):
    """Of (height, width), rows and columns one after the other; beyond the border, it `repeats`, or
    there are zeros."""
    height, width = plane.shape
    reach = weights.size // 2
    across, down = np.zeros_like(plane), np.zeros_like(plane)
    for k in range(-reach, reach + 1):
        weight = weights[reach + k]
        first, last = min(max(0, -k), width), max(min(width, width - k), 0)
        for r in range(height):
            for c in range(first, last):
                across[r, c] += weight * plane[r, c + k]
            if repeats:
                for c in range(0, first):
                    across[r, c] += weight * plane[r, 0]
                for c in range(last, width):
                    across[r, c] += weight * plane[r, width - 1]
    for r in range(height):
        for k in range(-reach, reach + 1):
            row = min(max(r + k, 0), height - 1)
            if repeats or row == r + k:
                for c in range(width):
                    down[r, c] += weights[reach + k] * across[row, c]
    return down
