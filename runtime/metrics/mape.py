"""mape: the exact sum of the errors' sizes, each as a part of the right number's."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics.outcomes import Numbers, exact_sum, summed


def count(use: Use, outcomes: Numbers) -> NDArray[np.int64]:
    """The sum over numbers that are not 0, and how many these are."""
    right = outcomes.labels.astype(np.float64)
    there = right != 0
    parts = np.abs(outcomes.points - right)[there] / np.abs(right[there])
    return np.array([*exact_sum(parts), parts.size], np.int64)


def value(use: Use, counts: NDArray[np.int64], images: int) -> float | None:
    """The mean; None where all numbers are 0."""
    return summed(counts[:3]) / int(counts[3]) if counts[3] else None
