"""cosine: the rate falls to 0 in half a cosine behind the warm-up, once or again and again."""

import math

from lenet.dsl.vocabulary import Use
from lenet.runtime.rates import Progress


def at(rate: float, use: Use, progress: Progress) -> float:
    """r * (1 + cos(pi * part)) / 2, for the part of the cosine that is over."""
    part = progress.done
    if use["restarts"]:
        since = max(0, progress.iteration - progress.warmup)
        length = progress.iterations(use["restarts"])
        while since >= length:
            since -= length
            length = max(1, round(length * use["times"]))
        part = since / length
    return rate * ((1 + math.cos(math.pi * part)) / 2)
