"""What a step does: the gates of a layer with a state, and where its values lie.

A step has four vectors of `units` sums, which its gates are functions of. Most are sums over the
step's input x and the state h of the step before; where the cell is `apart`, the third is one over
x alone and the fourth one over h alone.
"""

from dataclasses import dataclass

from lenet.compiler.contract import Request
from lenet.compiler.kernels.shared.texts import Text, is_of_text
from lenet.compiler.target import LANES

SUMS = 4


@dataclass(frozen=True)
class Cell:
    """A kind of layer.

    `forward` are statements that make each of `gates` and of `states`, of which h is the first,
    from the sums a0 … a3 and the states before, such as h_before. `backward` make the gradients
    d0 … d3 of the sums, and those of the states before, such as dh_before, from those of the
    states, the gates and the states of the step and before it.
    """

    gates: tuple[str, str, str, str]
    states: tuple[str, ...]
    forward: str
    backward: str
    apart: bool = False


@dataclass(frozen=True)
class Span:
    """Some of a step's sums, and the first of the columns of the weights that they are of."""

    first: int
    count: int
    column: int


@dataclass(frozen=True)
class Recurrence:
    """One layer, one way. All sizes are counts of values; `columns` those of a weights' row."""

    cell: Cell
    inputs: int
    units: int
    steps: int
    backward: bool
    last: bool
    text: Text | None

    @classmethod
    def of(cls, request: Request, cell: Cell) -> "Recurrence":
        """That of a node, whose input is a map of one row."""
        node = request.node
        inputs, _, steps = node.given
        return cls(
            cell, inputs, int(node.arguments["size"][0]), steps,
            bool(node.arguments.get("backward")), bool(node.arguments["last"]),
            Text.of(node) if is_of_text(node) else None,
        )  # fmt: skip

    @property
    def columns(self) -> int:
        return (SUMS - self.cell.apart) * self.units

    @property
    def sums(self) -> int:
        return SUMS * self.units

    @property
    def state(self) -> int:
        return len(self.cell.states) * self.units

    @property
    def of_input(self) -> tuple[Span, ...]:
        """The sums that x has a part in."""
        return (Span(0, self.columns, 0),)

    @property
    def of_state(self) -> tuple[Span, ...]:
        """The sums that h has a part in."""
        if not self.cell.apart:
            return self.of_input
        return Span(0, 2 * self.units, 0), Span(3 * self.units, self.units, 2 * self.units)

    # What forward leaves, for a block: the gates of all steps, in whose place spread puts the
    # gradients of the sums; the states before and behind all steps; and how many steps each text
    # has. Before the first step the states are 0.

    @property
    def states_at(self) -> int:
        return self.steps * self.sums * LANES

    @property
    def known_at(self) -> int:
        return self.states_at + (self.steps + 1) * self.state * LANES

    @property
    def saved(self) -> int:
        return self.known_at + (LANES if self.text else 0)

    @property
    def before(self) -> int:
        """Which states a step has before it; those behind it are the others of number and next."""
        return 1 if self.backward else 0

    def states(self, number: str) -> str:
        """Where the states of a number lie, from `saved` on."""
        return f"{self.states_at} + ({number}) * {self.state * LANES}"

    def each_step(self, count: str, in_time: bool) -> str:
        """The head of a loop over `step`, the first `count` ones, as time goes or against it."""
        if in_time != self.backward:
            return f"for step in range({count}):\n"
        return f"for step in range({count} - 1, -1, -1):\n"

    @property
    def longest_source(self) -> str:
        """Source that makes `longest`, how many steps are to be done for a block."""
        if not self.text:
            return f"longest = {self.steps}\n"
        return (
            "longest = 1\nfor lane in range(16):\n"
            f"    longest = max(longest, int(arena[saved + {self.known_at} + lane]))\n"
        )
