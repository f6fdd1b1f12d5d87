"""f1: of each class, the images of it, those that are taken for it, and those that are both."""

import numpy as np
from numpy.typing import NDArray

from lenet.runtime.metrics import Outcomes


def count(outcomes: Outcomes) -> NDArray[np.int64]:
    """Three counts a class: (3, classes), flat."""
    own = np.bincount(outcomes.labels, minlength=outcomes.classes)
    taken = np.bincount(outcomes.predicted, minlength=outcomes.classes)
    labels = outcomes.labels[outcomes.valid]
    right = np.bincount(labels[labels == outcomes.predicted], minlength=outcomes.classes)
    return np.concatenate([own, taken, right])


def value(counts: NDArray[np.int64], images: int) -> float:
    """The mean over all classes that there are images of, or that images are taken for."""
    own, taken, right = counts.reshape(3, -1)
    there = own + taken > 0
    return float((2 * right[there] / (own + taken)[there]).mean())
