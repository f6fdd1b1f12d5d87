"""f1: of each class, the images of it, those that are taken for it, and those that are both."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.metrics.f1 import AVERAGE, MICRO
from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics import Outcomes, of_class


def count(use: Use, outcomes: Outcomes) -> NDArray[np.int64]:
    """See Outcomes.by_class."""
    return outcomes.by_class


def value(use: Use, counts: NDArray[np.int64], images: int) -> float:
    """That of one class, of all images, or the mean over the classes."""
    own, taken, right = counts.reshape(3, -1)
    if use[AVERAGE.name] == MICRO:
        own, taken, right = (np.array([part.sum()]) for part in (own, taken, right))
    either = own + taken
    return of_class(use, 2 * right / np.maximum(either, 1), either > 0)
