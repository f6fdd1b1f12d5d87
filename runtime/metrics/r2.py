"""r2: of each answer, exact sums of squared errors, of the answers and of their squares."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics.outcomes import Numbers, summed


def count(use: Use, outcomes: Numbers) -> NDArray[np.int64]:
    """See Numbers.explained."""
    return outcomes.explained


def value(use: Use, counts: NDArray[np.int64], images: int) -> float | None:
    """The mean over the answers that are not all alike."""
    parts = [1 - wrong / around for wrong, around in _varying(counts, images)]
    return float(np.mean(parts)) if parts else None


def of_one_unit(counts: NDArray[np.int64], images: int) -> float | None:
    """Of answers in one unit, such as the pixels of an image: an answer counts as it varies."""
    parts = list(_varying(counts, images))
    if not parts:
        return None
    wrong, around = map(sum, zip(*parts, strict=True))
    return float(1 - wrong / around)


def _varying(counts: NDArray[np.int64], images: int) -> Iterator[tuple[float, float]]:
    """Of the answers that are not all alike: the sums of squares of the errors, and of the answers
    around their mean."""
    for sums in counts.reshape(-1, 3, 3):
        wrong, total, squares = map(summed, sums)
        around = squares - total * total / images
        if math.isfinite(around) and around > _FLAT * max(1.0, squares):
            yield wrong, around


_FLAT = 1e-10  # what rounding leaves of a variance that is 0
