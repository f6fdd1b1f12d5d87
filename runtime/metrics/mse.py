"""mse: the exact sum of squared errors, in the square of the largest deviation."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics.outcomes import Numbers, exact_sum, summed


def count(use: Use, outcomes: Numbers) -> NDArray[np.int64]:
    """The sum, and how many there are."""
    return np.array([*exact_sum(outcomes.errors.ravel() ** 2), outcomes.errors.size], np.int64)


def value(use: Use, counts: NDArray[np.int64], images: int) -> float:
    """The mean."""
    return summed(counts[:3]) / int(counts[3])
