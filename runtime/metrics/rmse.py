"""rmse: the root of the mean of squared errors, in the largest deviation."""

import math

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics import mse
from lenet.runtime.metrics.outcomes import Numbers


def count(use: Use, outcomes: Numbers) -> NDArray[np.int64]:
    """As of mse."""
    return mse.count(use, outcomes)


def value(use: Use, counts: NDArray[np.int64], images: int) -> float:
    """The root."""
    return math.sqrt(mse.value(use, counts, images))
