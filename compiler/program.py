"""A compiled net: source, parameter layout and memory."""

from dataclasses import dataclass

from compiler.layout import Slot
from dsl.shapes import Shape


@dataclass(frozen=True)
class Program:
    """Everything that the runtime needs to know of a net.

    `train_floats` and `predict_floats` are the arena's sizes for one thread, `single_floats` that
    for a single image. `logarithmic`
    tells whether the outputs are log-probabilities or probabilities.
    """

    source: str
    slots: tuple[Slot, ...]
    input: Shape
    classes: int
    logarithmic: bool
    train_floats: int
    predict_floats: int
    single_floats: int

    @property
    def functions(self) -> tuple[str, ...]:
        """What the source defines for the runtime."""
        train = ("train_slice",) if self.train_floats else ()
        return (*train, "predict_slice", "predict_single")

    @property
    def parameter_count(self) -> int:
        return sum(slot.size for slot in self.slots)

    @property
    def training_bytes(self) -> int:
        """One thread's arena and gradient, and the weights with their sums and velocities."""
        return 4 * self.train_floats + self.parameter_count * (4 + 4 + 8 + 4)

    @property
    def prediction_bytes(self) -> int:
        return 4 * self.predict_floats + 4 * self.parameter_count
