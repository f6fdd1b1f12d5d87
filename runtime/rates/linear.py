"""linear: the rate goes in a straight line to another one, behind the warm-up."""

from lenet.dsl.vocabulary import Use
from lenet.runtime.rates import Progress


def at(rate: float, use: Use, progress: Progress) -> float:
    """r + (end - r) * (t - W) / (T - W)."""
    return float(rate + (use["end"] - rate) * progress.done)
