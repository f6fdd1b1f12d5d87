"""dice: the answers with yes, those of the net, and those of both."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics import iou
from lenet.runtime.metrics.outcomes import YesOrNo


def count(use: Use, outcomes: YesOrNo) -> NDArray[np.int64]:
    """As of iou."""
    return iou.count(use, outcomes)


def value(use: Use, counts: NDArray[np.int64], images: int) -> float | None:
    """None where nobody says yes."""
    right, said, both = map(int, counts)
    return 2 * both / (right + said) if right + said else None
