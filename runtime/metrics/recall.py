"""recall: how often the images of a class are taken for it, all classes alike."""

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
    return float((right[there] / np.maximum(own[there], 1)).mean())
