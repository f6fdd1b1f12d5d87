"""auto: which of its operations each image has."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.draws import first_draw, uniforms


def chosen(use: Use, rows: NDArray[np.int64], key: np.uint64, operations: int) -> NDArray[np.bool_]:
    """(operations, images): those with the smallest numbers of all that an image draws."""
    number = first_draw(use.name)
    drawn = np.array([uniforms(key, rows, number + k) for k in range(operations)])
    return np.argsort(np.argsort(drawn, axis=0, kind="stable"), axis=0) < use["auto"]
