"""grid: the product of all settings, in the order of the lines. Optuna's own draws from it at
random, and does not say when nothing is left."""

from collections.abc import Sequence
from itertools import product

from lenet.dsl.search.space import Space
from lenet.dsl.vocabulary import Use
from lenet.runtime.samplers import Chooser, Settings, values_of


class _Grid:
    def __init__(self, spaces: Sequence[Space]) -> None:
        self.left = product(*map(values_of, spaces))

    def ask(self) -> Settings | None:
        """The next combination."""
        return next(self.left, None)

    def tell(self, values: Sequence[float], score: float | None) -> None:
        """Nothing is learned."""


def chooser(use: Use, spaces: Sequence[Space], seed: int) -> Chooser:
    """See lenet.runtime.samplers."""
    return _Grid(spaces)
