"""What comes of a training."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Trained:
    """What a training gives: the `tensors` at its end, by name, and those of the best validation,
    if there was any, after so many iterations."""

    tensors: dict[str, NDArray[np.float32]]
    best: dict[str, NDArray[np.float32]] | None = None
    iteration: int = 0
