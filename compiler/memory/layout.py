"""Where each parameter lies in the one flat array of weights, and how it is saved."""

from collections.abc import Mapping
from dataclasses import dataclass

from lenet.compiler.kernels import carriers_of
from lenet.dsl.graph import Graph, Node
from lenet.dsl.registry import Parameter
from lenet.dsl.shapes import Shape, product


@dataclass(frozen=True)
class Slot:
    """A tensor of `shape` under its saved `name`, and the order of its axes in memory.

    Weights lie with their output channel innermost, so that a register tile reads the weights
    of its output channels side by side; those of tables lie row by row. The gradient of a table has
    a mark for each of its rows, from `marks` on: not 0 where the row may be other than 0.
    """

    name: str
    parameter: Parameter
    offset: int
    order: tuple[int, ...]
    marks: int | None = None

    @property
    def shape(self) -> Shape:
        """As it is saved, outputs first."""
        return self.parameter.shape

    @property
    def size(self) -> int:
        return product(self.shape)


FIRST = "_first"  # ends the names of the bases of what a node's last layer has in front of it
_ORDERS = {4: (1, 2, 3, 0), 2: (1, 0), 1: (0,)}


def lay_out(graph: Graph) -> tuple[Slot, ...]:
    """All trained tensors, then all fixed ones."""
    slots: list[Slot] = []
    offset = 0
    marks = sum(product(p.shape) for node in graph.nodes for p in node.parameters if p.trained)
    carriers = [carrier for node in graph.nodes for carrier in carriers_of(node)]
    for trained in (True, False):
        for node in carriers:
            for parameter in node.parameters:
                if parameter.trained != trained:
                    continue
                name, order = f"{node.name}.{parameter.name}", _ORDERS[len(parameter.shape)]
                if parameter.by_rows:
                    order = tuple(range(len(parameter.shape)))
                    slots.append(Slot(name, parameter, offset, order, marks))
                    marks += parameter.shape[0]
                else:
                    slots.append(Slot(name, parameter, offset, order))
                offset += slots[-1].size
    return tuple(slots)


def offsets_of(node: Node) -> dict[str, str]:
    """Where a node's tensors lie, by their names: expressions of `w` and `s`."""
    offsets, next_ones = {}, {True: 0, False: 0}
    for parameter in node.parameters:
        base = "w" if parameter.trained else "s"
        at = next_ones[parameter.trained]
        offsets[parameter.name] = f"{base} + {at}" if at else base
        next_ones[parameter.trained] = at + product(parameter.shape)
    return offsets


def bases_of(node: Node, slots: Mapping[str, Slot]) -> dict[str, int]:
    """The offsets that `w`, `s` and `m` stand for; the slots by their names."""
    bases: dict[str, int] = {}
    *before, last = carriers_of(node)
    for carrier in (last, *before):
        ending = "" if carrier is last else FIRST
        for parameter in carrier.parameters:
            slot = slots[f"{carrier.name}.{parameter.name}"]
            bases.setdefault(f"{'w' if parameter.trained else 's'}{ending}", slot.offset)
            if slot.marks is not None:
                bases["m"] = slot.marks
    return bases


@dataclass(frozen=True)
class Late:
    """Weights [rows][columns] from an `offset` on, whose gradient waits. Rows that are computed
    together are whole parts of the same of the `runs`, (start, rows of a part, parts)."""

    offset: int
    rows: int
    columns: int
    runs: tuple[tuple[int, int, int], ...]

    @property
    def end(self) -> int:
        return self.offset + self.rows * self.columns
