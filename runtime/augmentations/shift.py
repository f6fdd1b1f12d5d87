"""shift: each image by whole pixels of its own."""

import math
from typing import Any

from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.draws import behind, uniform

Size = tuple[int, int]


def settings(use: Use, given: Size, wanted: Size) -> tuple[Any, ...]:
    """What `place` takes."""
    return (*use["shift"],)


@kept
@njit(nogil=True)
def place(maps, rows, key, down, across):
    """See the package."""
    for k in range(rows.size):
        row = math.floor(uniform(key, rows[k], 3) * (2 * down + 1)) - down
        column = math.floor(uniform(key, rows[k], 4) * (2 * across + 1)) - across
        behind(maps[k], 1.0, 0.0, row, 0.0, 1.0, column)
