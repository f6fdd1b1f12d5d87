"""How an exact gradient changes the parameters: one of the optimizers of the language."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.optimizers import exact
from lenet.dsl.sections.train import Optimizer
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


def function_of(optimizer: Optimizer) -> str:
    """Its name in compiler/optimizers/exact.py."""
    return "sgd_with_momentum" if optimizer.name == "sgd" and optimizer.momentum else optimizer.name


class Updater:
    """An optimizer and its state for the parameters 0 … size; `steps` are counted by its user."""

    def __init__(self, optimizer: Optimizer, size: int) -> None:
        self.optimizer = optimizer
        self.steps = 0
        self.function = getattr(exact, function_of(optimizer))
        states = {"sgd": 0, "sgd_with_momentum": 1, "adam": 2}[function_of(optimizer)]
        self.state = aligned_floats(states * size)
        self._states = self.state.reshape(states, size)

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
        done: int = self.function(
            *parts, first, last, factor, weights, *self._states, *self._settings(rate)
        )
        return done

    def _settings(self, rate: float) -> tuple[Any, ...]:
        o = self.optimizer
        momentum, decay = np.float32(o.momentum), np.float32(o.weight_decay)
        if o.name == "adam":
            second, epsilon = np.float32(o.second), np.float32(o.epsilon)
            return np.float32(rate), momentum, second, epsilon, decay, self.steps
        if o.momentum:
            return np.float32(rate), momentum, o.nesterov, decay
        return np.float32(rate), decay
