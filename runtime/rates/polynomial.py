"""polynomial: the rate falls to 0 by a power of what is left behind the warm-up."""

from lenet.dsl.vocabulary import Use
from lenet.runtime.rates import Progress


def at(rate: float, use: Use, progress: Progress) -> float:
    """r * (1 - (t - W) / (T - W))^power."""
    return float(rate * (1 - progress.done) ** use["power"])
