"""calibration: of each range of probabilities, the images that are right, and the sum of what the
net says of its likeliest class, in fixed point."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics import Outcomes

_RANGES = 15
_UNIT = 2.0**36  # parts of 1; the sum over 100 million images has room in 64 bits
_PARTS = 6  # how often an exponent is halved


def _exponential(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """e to the x, for x between -40 and 0: of products and sums alone, so that all machines round
    alike, which libraries' functions do not."""
    x = np.clip(x, -40, 0) / 2.0**_PARTS
    total = np.ones_like(x)
    for k in range(16, 0, -1):
        total = 1.0 + total * x / k
    for _ in range(_PARTS):
        total *= total
    return total


def count(use: Use, outcomes: Outcomes) -> NDArray[np.int64]:
    """(2, ranges), flat: the images that are right, and the sums."""
    likeliest = outcomes.values[outcomes.valid].max(axis=1, initial=-np.inf)
    if outcomes.logarithmic:
        likeliest = _exponential(likeliest)
    likeliest = np.clip(likeliest, 0, 1)
    # A range has its upper end, and not its lower one.
    ranges = np.maximum(np.ceil(likeliest * _RANGES).astype(np.int64) - 1, 0)
    right = outcomes.predicted == outcomes.labels[outcomes.valid]
    sums = np.zeros((2, _RANGES), np.int64)
    np.add.at(sums[0], ranges, right.astype(np.int64))
    np.add.at(sums[1], ranges, np.rint(likeliest * _UNIT).astype(np.int64))
    return sums.ravel()


def value(use: Use, counts: NDArray[np.int64], images: int) -> float:
    """The mean over the images."""
    right, sums = counts.reshape(2, _RANGES).tolist()
    apart = sum(abs(k * int(_UNIT) - total) for k, total in zip(right, sums, strict=True))
    return float(apart / (images * int(_UNIT)))
