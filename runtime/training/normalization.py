"""From what is stored of an image to what a net sees."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.runtime.training.arguments import problem_of


@dataclass(frozen=True, eq=False)
class Normalization:
    """A channel's byte b stands for b * scale + shift: both finite float32, one for each channel;
    LenetError where they are not. The brightest byte is `white`."""

    scale: NDArray[np.float32]
    shift: NDArray[np.float32]
    white: float = 255.0

    def __post_init__(self) -> None:
        for name, values in (("scale", self.scale), ("shift", self.shift)):
            if problem := problem_of(values, self.scale.size):
                raise LenetError("this cannot normalize", f"The {name} is {problem}.")
