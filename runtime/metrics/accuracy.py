"""accuracy: how many answers are right, and how many there are."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics.outcomes import Places, YesOrNo


def count(use: Use, outcomes: YesOrNo | Places) -> NDArray[np.int64]:
    """See YesOrNo.summary."""
    return np.array([outcomes.summary[0], outcomes.asked], np.int64)


def value(use: Use, counts: NDArray[np.int64], images: int) -> float:
    """Their part."""
    return float(counts[0] / counts[1])
