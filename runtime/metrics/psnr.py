"""psnr: the exact sum of squared errors, in the square of the peak."""

import math

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.metrics.psnr import PEAK
from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics.outcomes import Numbers, exact_sum, summed


def count(use: Use, outcomes: Numbers) -> NDArray[np.int64]:
    """Of errors in the peak, divided by the power of two that is next to their deviation: the sum,
    how many there are, and this power for each."""
    power = round(math.log2(max(outcomes.known.deviation) / use[PEAK.name]))
    errors = (outcomes.points - outcomes.labels).ravel() / (use[PEAK.name] * 2.0**power)
    return np.array([*exact_sum(errors**2), errors.size, errors.size * power], np.int64)


def value(use: Use, counts: NDArray[np.int64], images: int) -> float:
    """In decibels; infinite where there is no error."""
    count = int(counts[3])
    mean, power = summed(counts[:3]) / count, int(counts[4]) // count
    return -10 * (math.log10(mean) + 2 * power * math.log10(2)) if mean else math.inf
