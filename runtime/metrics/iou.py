"""iou: the answers with yes, those of the net, and those of both."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics.outcomes import YesOrNo


def count(use: Use, outcomes: YesOrNo) -> NDArray[np.int64]:
    """See Outcomes.by_class; of all questions together."""
    found: NDArray[np.int64] = outcomes.by_class.reshape(3, -1).sum(axis=1)
    return found


def value(use: Use, counts: NDArray[np.int64], images: int) -> float | None:
    """None where nobody says yes."""
    right, said, both = map(int, counts)
    return both / (right + said - both) if right + said else None
