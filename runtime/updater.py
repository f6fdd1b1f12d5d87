"""How an exact gradient changes the parameters: one of the optimizers of the language."""

import numpy as np
from numpy.typing import NDArray

from compiler.support import adam, sgd
from dsl.sections.train import Optimizer
from runtime.arrays import aligned_floats


class Updater:
    """An optimizer and its state for the parameters 0 … size; `steps` are counted by its user."""

    def __init__(self, optimizer: Optimizer, size: int) -> None:
        self.optimizer = optimizer
        self.steps = 0
        if optimizer.name == "adam":
            self.state = aligned_floats(2 * size)
        else:
            self.state = aligned_floats(size if optimizer.momentum else 0)

    def restore(self, state: NDArray[np.float32], steps: int) -> None:
        """Go on from a checkpoint."""
        self.state[:] = state
        self.steps = steps

    def __call__(
        self,
        weights: NDArray[np.float32],
        total: NDArray[np.int64],
        first: int,
        last: int,
        rate: float,
    ) -> bool:
        """Change the parameters first … last; False where one is no longer a finite number."""
        o = self.optimizer
        momentum, decay = np.float32(o.momentum), np.float32(o.weight_decay)
        if o.name == "adam":
            return adam(
                weights, self.state, total, first, last, np.float32(rate), momentum,
                np.float32(o.second), np.float32(o.epsilon), decay, self.steps,
            )  # fmt: skip
        return sgd(
            weights, self.state, total, first, last, np.float32(rate), momentum, o.nesterov, decay
        )
