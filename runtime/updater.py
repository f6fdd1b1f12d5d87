"""How an exact gradient changes the parameters: one of the optimizers of the language."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.exact import adam, sgd, sum_and_adam, sum_and_sgd
from dsl.sections.train import Optimizer
from runtime.arrays import aligned_floats

Floats = NDArray[np.float32]
# gradients, an even number of their rows, totals, some of their rows: see sum_parts in
# compiler/exact.py.
Parts = tuple[Floats, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def functions_of(optimizer: Optimizer, alone: bool, phased: bool) -> tuple[str, ...]:
    """What is to be compiled for training: see compiler/exact.py."""
    if alone:
        return (f"sum_and_{optimizer.name}", *(("sum_exactly",) if phased else ()))
    return "add_exactly", "sum_exactly", optimizer.name


class Updater:
    """An optimizer and its state for the parameters 0 … size; `steps` are counted by its user."""

    def __init__(self, optimizer: Optimizer, size: int) -> None:
        self.optimizer = optimizer
        self.steps = 0
        self.size = size
        if optimizer.name == "adam":
            self.state = aligned_floats(2 * size)
        else:
            self.state = aligned_floats(size if optimizer.momentum else 0)

    def restore(self, state: Floats, steps: int) -> None:
        """Go on from a checkpoint."""
        self.state[:] = state
        self.steps = steps

    def __call__(
        self, weights: Floats, total: NDArray[np.int64], first: int, last: int, rate: float
    ) -> bool:
        """Change the parameters first … last; False where one is no longer a finite number."""
        states = [state[first:last] for state in self._states]
        update = adam if self.optimizer.name == "adam" else sgd
        done: bool = update(weights[first:last], *states, total[first:last], *self._settings(rate))
        return done

    def with_sum(
        self, parts: Parts, total: NDArray[np.int64], factor: float, weights: Floats, first: int,
        last: int, rate: float,
    ) -> int:  # fmt: skip
        """The same with the sum of some parts, in one pass: 0, OUT_OF_RANGE or NOT_FINITE. Part of
        `total` is used meanwhile."""
        update = sum_and_adam if self.optimizer.name == "adam" else sum_and_sgd
        done: int = update(
            *parts, total, first, last, factor, weights, *self._states, *self._settings(rate)
        )
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
