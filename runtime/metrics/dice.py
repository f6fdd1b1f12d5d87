"""dice: the answers with yes, those of the net, and those of both; or the places of each class."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics import iou, of_class
from lenet.runtime.metrics.outcomes import Places, YesOrNo


def count(use: Use, outcomes: YesOrNo | Places) -> NDArray[np.int64]:
    """As of iou."""
    return iou.count(use, outcomes)


def value(use: Use, counts: NDArray[np.int64], images: int) -> float | None:
    """None where iou is."""
    right, said, both = counts.reshape(3, -1)
    total = right + said
    if not total.any():
        return None
    if len(total) == 1:
        return float(2 * both[0] / total[0])
    return of_class(use, 2 * both / np.maximum(total, 1), total > 0)
