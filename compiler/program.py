"""A compiled net: source, parameter layout and memory."""

from dataclasses import dataclass

from lenet.compiler.kernels import carriers_of
from lenet.compiler.memory.early import Early
from lenet.compiler.memory.layout import Late, Slot
from lenet.compiler.memory.phase import Call, Phase, Sync
from lenet.compiler.memory.spans import Spans, between
from lenet.compiler.target import LANES
from lenet.dsl import registry
from lenet.dsl.answers import Answers
from lenet.dsl.graph import Node
from lenet.dsl.shapes import Shape

# The numbers of `totals`: what train_slice tells of a slice, which are the sum of its losses, its
# right answers, and the `mark` of the gradients that were complete last; and the file to which it
# writes then, plus one, or else 0.
TOTALS = 4


@dataclass(frozen=True)
class Outputs:
    """What a net says of an image: `count` numbers, one for each class, or `each` so many for each
    of its other `answers`; of places, the scores of a class at all of them come together."""

    count: int
    kind: registry.Outputs
    answers: Answers = "class"
    each: int = 1

    @property
    def logarithmic(self) -> bool:
        """Whether they are log-probabilities; else they are probabilities."""
        return self.kind == "log-probabilities"


@dataclass(frozen=True)
class InputGradient:
    """What `input_gradient` needs: an arena of `floats`, and an array of `batch_floats` in which
    the `normalizations` find their running statistics."""

    floats: int
    normalizations: tuple[Sync, ...]

    @property
    def batch_floats(self) -> int:
        """The size of `batch`."""
        return max((sync.end for sync in self.normalizations), default=0)


@dataclass(frozen=True)
class Program:
    """Everything that the runtime needs to know of a net.

    `slots` are the trained tensors, then the fixed ones, in the flat array of weights. Prediction
    takes those of `predict_slots`, which differ where normalizations are folded away.

    Training goes in `phases`, of which most nets have one. With one, a thread needs an arena of
    `train_floats`; with several, a slice needs one for itself, with `kept_floats` more for each of
    its blocks, and all of them an array of `batch_floats`, in which they are told about the batch.

    Images of a net that is `one_by_one` are predicted by predict_single, however many they are.
    `predict_floats` and `single_floats` are the arenas' sizes for many images and for one, of which
    threads share `single_macs` multiply-adds by `single_turns` numbers. `nodes`
    are the graph after all passes, `predict_nodes` that of prediction. A `weighted` one trains with
    the importance of each image. One with an `input_gradient` tells how its outputs change with its
    input. The gradients of weights that are `late` are computed by late_gradient of `factor_floats`
    for each block, which train_slice leaves. The values of the layers `again` are computed again on
    the way back, since there is no memory to keep them. Some gradients are complete `early`, which
    train_slice tells, if it has one phase. What the phases' preparations make of new weights,
    which are `ready_floats` at most, all slices share.
    """

    source: str
    slots: tuple[Slot, ...]
    predict_slots: tuple[Slot, ...]
    input: Shape
    outputs: Outputs
    phases: tuple[Phase, ...]
    batch_floats: int
    train_floats: int
    kept_floats: int
    predict_floats: int
    single_floats: int
    single_turns: int
    single_macs: int
    nodes: tuple[Node, ...]
    predict_nodes: tuple[Node, ...]
    predict_calls: tuple[Call, ...]
    one_by_one: bool = False
    weighted: bool = False
    input_gradient: InputGradient | None = None
    late: tuple[Late, ...] = ()
    factor_floats: int = 0
    again: tuple[str, ...] = ()
    early: tuple[Early, ...] = ()
    ready_floats: int = 0

    @property
    def train_calls(self) -> tuple[Call, ...]:
        """In the order in which they are measured."""
        return (*(call for phase in self.phases for call in phase.calls), *self.preparations)

    @property
    def preparations(self) -> tuple[Call, ...]:
        """Those of all phases, by the numbers by which `prepare` knows them."""
        return tuple(call for phase in self.phases for call in phase.preparations)

    @property
    def predict_carriers(self) -> tuple[Node, ...]:
        """The layers that have prediction's tensors."""
        return tuple(carrier for node in self.predict_nodes for carrier in carriers_of(node))

    @property
    def functions(self) -> tuple[str, ...]:
        """What the source defines for the runtime."""
        train = [
            *(["train_slice"] if self.phases else []),
            *(["prepare"] if self.preparations else []),
            *(["late_gradient"] if self.late else []),
        ]
        back = ("input_gradient",) if self.input_gradient else ()
        return (*train, "predict_slice", "predict_single", *back)

    @property
    def predicts(self) -> str:
        """The function that predicts many images."""
        return "predict_single" if self.one_by_one else "predict_slice"

    @property
    def parameter_count(self) -> int:
        """Values that the optimizer changes, those that a connection table leaves at 0 too."""
        return sum(slot.size for slot in self.slots if slot.parameter.trained)

    @property
    def prompt(self) -> Spans:
        """The first and the last of the parameters between those whose gradients are late."""
        return between(((late.offset, late.end) for late in self.late), self.parameter_count)

    @property
    def tables(self) -> tuple[Slot, ...]:
        """The tensors of which a batch touches only some rows."""
        return tuple(slot for slot in self.slots if slot.marks is not None)

    @property
    def gradient_floats(self) -> int:
        """The array `gradient` of training: a number for each parameter, and behind them the marks
        of the tables' rows. Where a table is not marked it has to be 0, as at first."""
        return self.parameter_count + sum(table.shape[0] for table in self.tables)

    @property
    def weight_count(self) -> int:
        """All values of the flat array: the trained ones come first."""
        return sum(slot.size for slot in self.slots)

    def slice_floats(self, images: int) -> int:
        """The arena of a slice with so many images, where there are several phases."""
        return self.train_floats + self.kept_floats * -(-images // LANES)

    @property
    def prediction_bytes(self) -> int:
        """To predict, for one thread: its arena and the weights."""
        floats = self.single_floats if self.one_by_one else self.predict_floats
        return 4 * floats + 4 * sum(slot.size for slot in self.predict_slots)


@dataclass(frozen=True)
class Kept:
    """A `program` of which only predict_single is written, and whose arena has what every layer
    gave to the image: of the `layers`, all but those that do nothing, with the place where their
    values begin, [channel][row][column]."""

    program: Program
    layers: tuple[tuple[Node, int], ...]
