"""uniform: weights between two bounds, all as likely."""

import numpy as np

from lenet.dsl.vocabulary import Use
from lenet.runtime.initial import Doubles, Fans, uniforms


def values(use: Use, fans: Fans, stream: np.random.PCG64, count: int) -> Doubles:
    """See the package."""
    bound = use["bound"] or 1 / np.sqrt(fans.inputs)
    return np.asarray(bound * (2 * uniforms(stream, count) - 1))
