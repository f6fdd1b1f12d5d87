"""mase: exact sums of the errors' sizes, and of the changes from one step to the next."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics.outcomes import Numbers, exact_sum, summed


def count(use: Use, outcomes: Numbers) -> NDArray[np.int64]:
    """Both sums, in the largest deviation, and how many numbers each is of."""
    known = outcomes.known
    right = outcomes.labels.astype(np.float64)
    steps = known.steps or right.shape[1]
    right = right.reshape(len(right), right.shape[1] // steps, steps)
    changes = np.diff(right, axis=2) / max(known.deviation)
    parts = (np.abs(part).ravel() for part in (outcomes.errors, changes))
    return np.concatenate([[*exact_sum(part), part.size] for part in parts]).astype(np.int64)


def value(use: Use, counts: NDArray[np.int64], images: int) -> float | None:
    """Their quotient; None where nothing changes, as of a single step."""
    error, changed = summed(counts[:3]), summed(counts[4:7])
    steps, changes = int(counts[3]), int(counts[7])
    return error / steps / (changed / changes) if changes and changed else None
