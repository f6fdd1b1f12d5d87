"""iou: the answers with yes, those of the net, and those of both; or the places of each class."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.metrics import OF
from lenet.dsl.vocabulary import Use
from lenet.runtime.metrics import of_class
from lenet.runtime.metrics.outcomes import Places, YesOrNo


def count(use: Use, outcomes: YesOrNo | Places) -> NDArray[np.int64]:
    """See by_class; of all questions together, where none is named."""
    if isinstance(outcomes, YesOrNo) and use[OF.name] == OF.default:
        return outcomes.by_class.reshape(3, -1).sum(axis=1)
    return outcomes.by_class


def value(use: Use, counts: NDArray[np.int64], images: int) -> float | None:
    """None where neither the net nor the truth says yes, or has a place of any class."""
    right, said, both = counts.reshape(3, -1)
    either = right + said - both
    if not either.any():
        return None
    if len(either) == 1:
        return float(both[0] / either[0])
    return of_class(use, both / np.maximum(either, 1), either > 0)
