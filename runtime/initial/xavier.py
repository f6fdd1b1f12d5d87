"""xavier: weights whose layer keeps the deviation of values and of gradients."""

import numpy as np

from lenet.dsl.vocabulary import Use
from lenet.runtime.initial import Doubles, Fans, drawn


def values(use: Use, fans: Fans, stream: np.random.PCG64, count: int) -> Doubles:
    """See the package."""
    deviation = float(np.sqrt(2 / (fans.inputs + fans.outputs)))
    return drawn(use["distribution"], deviation, stream, count)
