"""auc: of each class, histograms of the scores that its images and all others get for it."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics import Outcomes
from lenet.runtime.metrics.outcomes import YesOrNo

# Scores have one sign, and so one bit less: log-probabilities up to 0, or probabilities from 0.
_KEYS = 2**15 + 1


def _keys(outcomes: Outcomes) -> NDArray[np.int64]:
    """The upper 16 bits of the scores as whole numbers in the same order, from 0: (count, classes),
    of images whose outputs are numbers."""
    scores = outcomes.outputs[outcomes.valid].astype(np.float32)
    if isinstance(outcomes, YesOrNo):  # of odds' logarithms, those of probabilities
        scores = -np.logaddexp(0, -scores.astype(np.float64)).astype(np.float32)
    if outcomes.logarithmic:  # of negative floats, larger bits are smaller numbers
        bits = np.minimum(scores, 0).view(np.uint32)
        return np.where(bits << np.uint32(1) == 0, _KEYS - 1, (~bits >> np.uint32(16)).astype(int))
    bits = np.maximum(scores, 0).view(np.uint32)
    return np.where(bits << np.uint32(1) == 0, 0, bits >> np.uint32(16)).astype(np.int64)


def count(use: Use, outcomes: Outcomes) -> NDArray[np.int64]:
    """(classes, 2, keys), flat: the images of the class, and all others; of two classes only those
    of class 1."""
    keys = _keys(outcomes)
    parts = [
        np.bincount(keys[outcomes.belong(k) == own, k], minlength=_KEYS)
        for k in outcomes.judged
        for own in (True, False)
    ]
    return np.concatenate(parts).astype(np.int64)


def value(use: Use, counts: NDArray[np.int64], images: int) -> float | None:
    """The mean over the classes of which there are images, and others."""
    areas = []
    for own, others in counts.reshape(-1, 2, _KEYS):
        pairs = int(own.sum()) * int(others.sum())
        if pairs:
            below = np.cumsum(others) - others
            areas.append(int((own * (2 * below + others)).sum()) / (2 * pairs))
    return float(np.mean(areas)) if areas else None
