"""r2: of each answer, exact sums of squared errors, of the answers and of their squares."""

import math

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics.outcomes import Numbers, summed


def count(use: Use, outcomes: Numbers) -> NDArray[np.int64]:
    """See Numbers.explained."""
    return outcomes.explained


def value(use: Use, counts: NDArray[np.int64], images: int) -> float | None:
    """The mean over the answers that are not all alike."""
    parts = []
    for sums in counts.reshape(-1, 3, 3):
        wrong, total, squares = map(summed, sums)
        around = squares - total * total / images
        if math.isfinite(around) and around > _FLAT * max(1.0, squares):
            parts.append(1 - wrong / around)
    return float(np.mean(parts)) if parts else None


_FLAT = 1e-10  # what rounding leaves of a variance that is 0
