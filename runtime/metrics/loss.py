"""loss: the mean negative log-likelihood, whose whole parts and fractions are summed exactly."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics import Outcomes

_HUGE = 2.0**24  # a loss that counts as infinite
_FRACTION = 2.0**38


def count(use: Use, outcomes: Outcomes) -> NDArray[np.int64]:
    """The sum's whole part, its fraction, the losses that are infinite, and those that are none."""
    with np.errstate(divide="ignore"):
        losses = (-outcomes.own if outcomes.logarithmic else -np.log(outcomes.own))[:, 0]
    huge = ~(np.abs(losses) < _HUGE)
    losses = np.where(huge, 0.0, losses)
    whole = np.floor(losses)
    fraction = np.rint((losses - whole) * _FRACTION).astype(np.int64)
    sums = whole.astype(np.int64).sum(), fraction.sum(), huge.sum(), (~outcomes.valid).sum()
    return np.array(sums, np.int64)


def value(use: Use, counts: NDArray[np.int64], images: int) -> float:
    """The mean."""
    whole, fraction, huge, invalid = map(int, counts)
    if huge:
        return float("nan") if invalid else float("inf")
    return (whole + fraction / _FRACTION) / images
