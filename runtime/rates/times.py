"""times: the rate falls in steps of the same factor."""

from lenet.dsl.vocabulary import Use
from lenet.runtime.rates import Progress


def at(rate: float, use: Use, progress: Progress) -> float:
    """r * factor^floor(t / period)."""
    period = progress.iterations(use["period"])
    return float(rate * use["factor"] ** (progress.iteration // period))
