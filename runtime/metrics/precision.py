"""precision: how often what is taken for a class is of it, all classes alike."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics import Outcomes, of_class


def count(use: Use, outcomes: Outcomes) -> NDArray[np.int64]:
    """See Outcomes.by_class."""
    return outcomes.by_class


def value(use: Use, counts: NDArray[np.int64], images: int) -> float:
    """That of one class, or the mean over the classes."""
    own, taken, right = counts.reshape(3, -1)
    return of_class(use, right / np.maximum(taken, 1), own + taken > 0)
