"""onecycle: half a cosine up to the peak, and another one down."""

import math

from lenet.dsl.vocabulary import Use
from lenet.runtime.rates import Progress


def at(rate: float, use: Use, progress: Progress) -> float:
    """See its entry."""
    if progress.iteration < progress.warmup:
        low, part = use["start"], 1 - progress.iteration / progress.warmup
    else:
        low, part = use["end"], progress.done
    return rate * (low + (1 - low) * ((1 + math.cos(math.pi * part)) / 2))
