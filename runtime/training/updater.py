"""How an exact gradient changes the parameters: one of the optimizers of the language."""

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.optimizers.rule import rule_of
from lenet.dsl.vocabulary import Use
from lenet.runtime.machine.arrays import aligned_floats
from lenet.runtime.records.checkpoint import damaged
from lenet.runtime.training.arguments import problem_of

Floats = NDArray[np.float32]
# gradients, some of their rows, totals, some of their rows: see sum_exactly in
# compiler/optimizers/exact.py.
Parts = tuple[Floats, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def parts_of(total: NDArray[np.int64]) -> Parts:
    """A sum that is known already."""
    nothing = np.zeros((0, total.size), np.float32)
    return nothing, np.arange(0), total[np.newaxis], np.arange(1)


class Updater:
    """An optimizer and its state for the parameters 0 … size; `steps` are counted by its user."""

    def __init__(self, optimizer: Use, size: int) -> None:
        self.rule = rule_of(optimizer)
        self.steps = 0
        self.state = aligned_floats(self.rule.states * size)
        self._states = self.state.reshape(self.rule.states, size)

    def restore(self, state: Floats, steps: int) -> None:
        """Go on from a checkpoint; LenetError where its state is that of another optimizer."""
        if problem := problem_of(state, self.state.size):
            raise damaged(f"Its optimizer's state is {problem}.")
        self.state[:] = state
        self.steps = steps

    def __call__(
        self, weights: Floats, parts: Parts, factor: float, first: int, last: int, rate: float
    ) -> int:
        """Change the parameters first … last by the sum of some parts: 0, OUT_OF_RANGE or
        NOT_FINITE."""
        settings = np.array(self.rule.settings(rate, self.steps), np.float32)
        done: int = self.rule.step(*parts, first, last, factor, weights, self._states, settings)
        return done
