"""decay: the rate falls as one over the iterations, from the first one on."""

from lenet.dsl.vocabulary import Use
from lenet.runtime.rates import Progress


def at(rate: float, use: Use, progress: Progress) -> float:
    """r / (1 + decay * t)^power."""
    return float(rate / (1 + use["decay"] * progress.iteration) ** use["power"])
