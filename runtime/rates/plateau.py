"""plateau: a power of the factor, by how often the metric has stalled."""

from lenet.compiler.optimizers.rule import power
from lenet.dsl.vocabulary import Use
from lenet.runtime.rates import Progress


def at(rate: float, use: Use, progress: Progress) -> float:
    """See its entry."""
    return rate * power(use["times"], progress.stalled)
