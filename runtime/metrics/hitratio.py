"""hitratio: of groups of rows, a yes and the noes that follow it."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.metrics.hitratio import FIRST
from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics.outcomes import Outcomes


def ranks(outcomes: Outcomes) -> NDArray[np.int64]:
    """For each yes, how many of the noes behind it, up to the next yes, have a score as large."""
    starts = np.flatnonzero(outcomes.labels[:, 0] > 0)
    if not len(starts):
        return np.zeros(0, np.int64)
    scores = outcomes.outputs[starts[0] :, 0]
    sizes = np.diff(np.append(starts, len(outcomes.labels)))
    own = np.repeat(outcomes.outputs[starts, 0], sizes)
    ahead = np.add.reduceat((scores >= own).astype(np.int64), starts - starts[0])
    return ahead - 1  # itself


def count(use: Use, outcomes: Outcomes) -> NDArray[np.int64]:
    """Those that are among the first, and all."""
    found = ranks(outcomes)
    return np.array([(found < use[FIRST.name]).sum(), len(found)], np.int64)


def value(use: Use, counts: NDArray[np.int64], images: int) -> float | None:
    """Their part."""
    return float(counts[0] / counts[1]) if counts[1] else None
