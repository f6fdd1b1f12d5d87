"""onecycle: half a cosine up to the peak, and another one down; the momentum goes the other way."""

import math

from lenet.dsl.vocabulary import Use
from lenet.runtime.rates import Progress


def at(rate: float, use: Use, progress: Progress) -> float:
    """See its entry."""
    low = use["start"] if progress.iteration < progress.warmup else use["end"]
    return rate * (low + (1 - low) * _height(progress))


def momentum(use: Use, progress: Progress) -> float:
    """See its entry."""
    most, least = use["momentum"]
    return float(most + (least - most) * _height(progress))


def _height(progress: Progress) -> float:
    """How near the peak is: 1 there, 0 at both ends."""
    if progress.iteration < progress.warmup:
        part = 1 - progress.iteration / progress.warmup
    else:
        part = progress.done
    return (1 + math.cos(math.pi * part)) / 2
