"""mixup: shares of two images."""

from typing import Any

import numpy as np
from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.beta import beta
from lenet.runtime.augmentations.draws import bits, first_draw


def settings(use: Use) -> tuple[Any, ...]:
    """What `mix` takes."""
    return (use["mixup"], first_draw(use.name))


@kept
@njit(nogil=True)
def mix(mixed, before, places, partners, rows, key, shares, a, number):
    """See mixtures.py."""
    half = np.float32(0.5 if before.itemsize == 1 else 0)  # bytes are rounded
    for k in places:
        share = np.float32(beta(bits(key, rows[k], number), a))
        rest = np.float32(1) - share
        own, other, values = before[k].ravel(), before[partners[k]].ravel(), mixed[k].ravel()
        for i in range(values.size):
            values[i] = share * np.float32(own[i]) + rest * np.float32(other[i]) + half
        shares[k] = share
