"""lecun: weights whose layer keeps the deviation of what passes it."""

import numpy as np

from lenet.dsl.vocabulary import Use
from lenet.runtime.initial import Doubles, Fans, drawn


def values(use: Use, fans: Fans, stream: np.random.PCG64, count: int) -> Doubles:
    """See the package."""
    deviation = float(np.sqrt(1 / fans.inputs))
    return drawn(use["distribution"], deviation, stream, count)
