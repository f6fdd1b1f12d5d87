"""exponential: the rate falls by the same factor over and over."""

from lenet.dsl.vocabulary import Use
from lenet.runtime.rates import Progress


def at(rate: float, use: Use, progress: Progress) -> float:
    """r * factor^(t / period)."""
    period = progress.iterations(use["period"])
    return float(rate * use["factor"] ** (progress.iteration / period))
