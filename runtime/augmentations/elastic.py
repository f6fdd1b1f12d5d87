"""elastic: the places of each image move by smooth fields of its own."""

from typing import Any

import numpy as np
from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.draws import between, bits, first_draw
from lenet.runtime.augmentations.gaussian import smoothed, weights_of


def settings(use: Use) -> tuple[Any, ...]:
    """What `bend` takes."""
    return (use["alpha"], use["sigma"], first_draw(use.name))


@kept
@njit(nogil=True)
def bend(fields, rows, key, alpha, sigma, number):
    """See the package."""
    weights = weights_of(sigma)
    drawn = np.empty(fields.shape[2:], np.float32)
    for k in range(rows.size):
        for direction in range(2):
            own = bits(key, rows[k], number + direction)
            for r in range(drawn.shape[0]):
                for c in range(drawn.shape[1]):
                    drawn[r, c] = between(own, 0, r * drawn.shape[1] + c, -1.0, 1.0)
            fields[k, direction] += np.float32(alpha) * smoothed(drawn, weights, False)
