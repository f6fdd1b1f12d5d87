"""f1: of each class, the images of it, those that are taken for it, and those that are both."""

import numpy as np
from numpy.typing import NDArray

from lenet.runtime.metrics import Outcomes


def count(outcomes: Outcomes) -> NDArray[np.int64]:
    """See Outcomes.by_class."""
    return outcomes.by_class


def value(counts: NDArray[np.int64], images: int) -> float:
    """The mean over all classes that there are images of, or that images are taken for."""
    own, taken, right = counts.reshape(3, -1)
    there = own + taken > 0
    return float((2 * right[there] / (own + taken)[there]).mean())
