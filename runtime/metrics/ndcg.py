"""ndcg: of groups of rows, a yes and the noes that follow it."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.metrics.hitratio import FIRST
from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics.hitratio import ranks
from lenet.runtime.metrics.outcomes import Outcomes, exact_sum, summed


def count(use: Use, outcomes: Outcomes) -> NDArray[np.int64]:
    """The exact sum of the gains, and how many there are."""
    found = ranks(outcomes)
    gains = np.where(found < use[FIRST.name], 1 / np.log2(2.0 + found), 0.0)
    return np.array([*exact_sum(gains), len(found)], np.int64)


def value(use: Use, counts: NDArray[np.int64], images: int) -> float | None:
    """Their mean."""
    return summed(counts[:3]) / int(counts[3]) if counts[3] else None
