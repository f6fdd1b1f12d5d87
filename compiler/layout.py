"""Where each parameter lies in the one flat array of weights, and how it is saved."""

from dataclasses import dataclass

from dsl.graph import Graph, Node
from dsl.shapes import Shape, product


@dataclass(frozen=True)
class Slot:
    """A tensor of `shape` under its saved `name`, and the order of its axes in memory.

    Weights lie with their output channel innermost, so that a register tile reads the weights
    of its output channels side by side.
    """

    name: str
    shape: Shape
    offset: int
    order: tuple[int, ...]
    fan_in: int

    @property
    def size(self) -> int:
        return product(self.shape)


_ORDERS = {4: (1, 2, 3, 0), 2: (1, 0), 1: (0,)}


def lay_out(graph: Graph) -> tuple[Slot, ...]:
    slots: list[Slot] = []
    offset = 0
    for node in graph.nodes:
        for parameter in node.parameters:
            shape = parameter.shape
            slot = Slot(
                f"{node.name}.{parameter.name}", shape, offset, _ORDERS[len(shape)],
                parameter.fan_in,
            )  # fmt: skip
            slots.append(slot)
            offset += slot.size
    return tuple(slots)


def offsets_of(node: Node, slots: tuple[Slot, ...]) -> dict[str, int]:
    """Offsets of a node's own parameters by their short names."""
    prefix = node.name + "."
    own = {f"{node.name}.{p.name}" for p in node.parameters}
    return {s.name.removeprefix(prefix): s.offset for s in slots if s.name in own}
