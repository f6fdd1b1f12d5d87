"""crop: a window of each image, which is padded with zeros first."""

import math
from typing import Any

from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.draws import behind, first_draw, uniform

Size = tuple[int, int]


def settings(use: Use, given: Size, wanted: Size) -> tuple[Any, ...]:
    """What `place` takes."""
    rest = given[0] - wanted[0], given[1] - wanted[1]
    return (first_draw(use.name), use["chance"], *use["pad"], *rest)


@kept
@njit(nogil=True)
def place(maps, rows, key, number, chance, pad_rows, pad_columns, rest_rows, rest_columns):
    """See the package."""
    for k in range(rows.size):
        if uniform(key, rows[k], number) >= chance:
            behind(maps[k], 1.0, 0.0, rest_rows // 2, 0.0, 1.0, rest_columns // 2)
            continue
        top = math.floor(uniform(key, rows[k], 5) * (rest_rows + 2 * pad_rows + 1)) - pad_rows
        left = math.floor(uniform(key, rows[k], 6) * (rest_columns + 2 * pad_columns + 1))
        behind(maps[k], 1.0, 0.0, top, 0.0, 1.0, left - pad_columns)
