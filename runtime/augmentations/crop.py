"""crop: a window of each image, which is padded with zeros first."""

import math
from typing import Any

from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.draws import behind, uniform

Size = tuple[int, int]


def settings(use: Use, given: Size, wanted: Size) -> tuple[Any, ...]:
    """What `place` takes."""
    return (*use["pad"], given[0] - wanted[0], given[1] - wanted[1])


@kept
@njit(nogil=True)
def place(maps, rows, key, pad_rows, pad_columns, rest_rows, rest_columns):
    """See the package."""
    for k in range(rows.size):
        top = math.floor(uniform(key, rows[k], 5) * (rest_rows + 2 * pad_rows + 1)) - pad_rows
        left = math.floor(uniform(key, rows[k], 6) * (rest_columns + 2 * pad_columns + 1))
        behind(maps[k], 1.0, 0.0, top, 0.0, 1.0, left - pad_columns)
