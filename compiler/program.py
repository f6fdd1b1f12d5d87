"""A compiled net: source, parameter layout and memory."""

from dataclasses import dataclass

from compiler.layout import Slot
from compiler.schedule import Call
from dsl.graph import Node
from dsl.shapes import Shape


@dataclass(frozen=True)
class Program:
    """Everything that the runtime needs to know of a net.

    `train_floats` and `predict_floats` are the arena's sizes for one thread, `single_floats` that
    for a single image. `nodes` are the graph after all passes, the calls what train_slice and
    predict_slice do, in order. `logarithmic` tells whether the outputs are log-probabilities or
    probabilities.
    """

    source: str
    slots: tuple[Slot, ...]
    input: Shape
    classes: int
    logarithmic: bool
    train_floats: int
    predict_floats: int
    single_floats: int
    nodes: tuple[Node, ...]
    train_calls: tuple[Call, ...]
    predict_calls: tuple[Call, ...]

    @property
    def functions(self) -> tuple[str, ...]:
        """What the source defines for the runtime."""
        train = ("train_slice",) if self.train_floats else ()
        return (*train, "predict_slice", "predict_single")

    @property
    def parameter_count(self) -> int:
        return sum(slot.size for slot in self.slots)

    def planned_bytes(self, threads: int) -> int:
        """To train: each thread's arena, gradients and exact sums; the total, the weights
        and velocities."""
        a_thread = 4 * self.train_floats + self.parameter_count * (2 * 4 + 8)
        return threads * a_thread + self.parameter_count * (8 + 4 + 4)

    @property
    def training_bytes(self) -> int:
        return self.planned_bytes(1)

    @property
    def prediction_bytes(self) -> int:
        return 4 * self.predict_floats + 4 * self.parameter_count
