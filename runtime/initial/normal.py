"""normal: weights from a normal distribution around 0."""

import numpy as np

from lenet.dsl.vocabulary import Use
from lenet.runtime.initial import Doubles, Fans, normals


def values(use: Use, fans: Fans, stream: np.random.PCG64, count: int) -> Doubles:
    """See the package."""
    return float(use["deviation"]) * normals(stream, count)
