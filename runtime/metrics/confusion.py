"""confusion: how many images of each class are taken for each class."""

import math

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics import Outcomes


def count(use: Use, outcomes: Outcomes) -> NDArray[np.int64]:
    """(classes, classes), flat: their own one, and that which they are taken for."""
    classes, labels = outcomes.classes, outcomes.labels[outcomes.valid].astype(np.int64)
    return np.bincount(labels * classes + outcomes.predicted, minlength=classes**2)


def value(use: Use, counts: NDArray[np.int64], images: int) -> list[list[int]]:
    """The rows."""
    rows: list[list[int]] = counts.reshape(math.isqrt(len(counts)), -1).tolist()
    return rows
