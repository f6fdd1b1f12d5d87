"""loss: the mean of the losses, whose whole parts and fractions are summed exactly."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics.outcomes import Outcomes, exact_sum, summed


def count(use: Use, outcomes: Outcomes) -> NDArray[np.int64]:
    """The sum's whole part, its fraction, the losses that are infinite, and those that are none."""
    invalid = int((~outcomes.valid).sum())
    return np.array([*exact_sum(outcomes.losses), invalid], np.int64)


def value(use: Use, counts: NDArray[np.int64], images: int) -> float:
    """The mean."""
    return float("nan") if counts[3] else summed(counts[:3]) / images
