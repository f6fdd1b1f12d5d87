"""he: weights whose layer keeps the deviation of what passes it and a relu."""

import numpy as np

from lenet.dsl.vocabulary import Use
from lenet.runtime.initial import Doubles, Fans, drawn


def values(use: Use, fans: Fans, stream: np.random.PCG64, count: int) -> Doubles:
    """See the package."""
    return drawn(use["distribution"], float(np.sqrt(2 / fans.inputs)), stream, count)
