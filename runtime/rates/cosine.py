"""cosine: the rate falls to 0 in half a cosine behind the warm-up."""

import math

from lenet.dsl.vocabulary import Use
from lenet.runtime.rates import Progress


def at(rate: float, use: Use, progress: Progress) -> float:
    """r * (1 + cos(pi * (t - W) / (T - W))) / 2."""
    return rate * ((1 + math.cos(math.pi * progress.done)) / 2)
