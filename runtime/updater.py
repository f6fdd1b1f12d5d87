"""How an exact gradient changes the parameters: one of the optimizers of the language."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.exact import adam, sgd
from dsl.sections.train import Optimizer
from runtime.arrays import aligned_floats

Floats = NDArray[np.float32]
# gradients, some of their rows, totals, some of their rows: see sum_exactly in compiler/exact.py.
Parts = tuple[Floats, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def parts_of(total: NDArray[np.int64]) -> Parts:
    """A sum that is known already."""
    nothing = np.zeros((0, total.size), np.float32)
    return nothing, np.arange(0), total[np.newaxis], np.arange(1)


class Updater:
    """An optimizer and its state for the parameters 0 … size; `steps` are counted by its user."""

    def __init__(self, optimizer: Optimizer, size: int) -> None:
        self.optimizer = optimizer
        self.steps = 0
        self.size = size
        self.slopes = aligned_floats(size)  # space for exact.py; a thread uses little of its part
        if optimizer.name == "adam":
            self.state = aligned_floats(2 * size)
        else:
            self.state = aligned_floats(size if optimizer.momentum else 0)

    def restore(self, state: Floats, steps: int) -> None:
        """Go on from a checkpoint."""
        self.state[:] = state
        self.steps = steps

    def __call__(
        self, weights: Floats, parts: Parts, factor: float, first: int, last: int, rate: float
    ) -> int:
        """Change the parameters first … last by the sum of some parts: 0, OUT_OF_RANGE or
        NOT_FINITE."""
        update = adam if self.optimizer.name == "adam" else sgd
        done: int = update(
            *parts, first, last, factor, self.slopes, weights, *self._states,
            *self._settings(rate),
        )  # fmt: skip
        return done

    @property
    def _states(self) -> tuple[Floats, ...]:
        if self.optimizer.name == "adam":
            return self.state[: self.size], self.state[self.size :]
        return (self.state,)

    def _settings(self, rate: float) -> tuple[Any, ...]:
        o = self.optimizer
        momentum, decay = np.float32(o.momentum), np.float32(o.weight_decay)
        if o.name == "adam":
            second, epsilon = np.float32(o.second), np.float32(o.epsilon)
            return np.float32(rate), momentum, second, epsilon, decay, self.steps
        return np.float32(rate), momentum, o.nesterov, decay
