"""top: how often the right class is one of the likeliest."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.metrics.top import FIRST
from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics import Outcomes


def count(use: Use, outcomes: Outcomes) -> NDArray[np.int64]:
    """The images for which it is."""
    return np.array([outcomes.within(use[FIRST.name])], np.int64)


def value(use: Use, counts: NDArray[np.int64], images: int) -> float:
    """Their part."""
    return float(counts[0] / images)
