"""The typed graph: what a checked file means. Frozen; passes take one and return another."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dsl.registry import Parameter
from dsl.sections.data import Data
from dsl.sections.train import Train
from dsl.shapes import Shape, product, show


@dataclass(frozen=True)
class Node:
    """One layer with everything inferred. Where it stood in the file does not make it another.

    `fused` are the layers behind it that a pass has put into it; `shape` is then the last one's.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    given: Shape
    shape: Shape
    arguments: Mapping[str, Any] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    macs: int = 0
    line: int = field(default=0, compare=False)
    fused: tuple["Node", ...] = ()

    @property
    def bare_shape(self) -> Shape:
        """What the layer itself gives, before those that were fused into it."""
        return self.fused[0].given if self.fused else self.shape

    @property
    def parameter_count(self) -> int:
        return sum(product(p.shape) for p in self.parameters)


@dataclass(frozen=True)
class Graph:
    """The layers in the order in which data flow; the first is the input."""

    nodes: tuple[Node, ...]
    data: Data | None
    train: Train | None
    source: str = field(repr=False)

    @property
    def input(self) -> Shape:
        return self.nodes[0].shape

    @property
    def output(self) -> Shape:
        return self.nodes[-1].shape

    @property
    def parameter_count(self) -> int:
        return sum(node.parameter_count for node in self.nodes)

    def with_nodes(self, nodes: tuple[Node, ...]) -> "Graph":
        return replace(self, nodes=nodes)


def draw(graph: Graph) -> str:
    """The graph as text, one node a line, for `lenet compile --emit graph`."""
    lines = []
    for node in graph.nodes:
        arguments = " ".join(f"{k}={_show(v)}" for k, v in node.arguments.items() if v is not None)
        inputs = f"({', '.join(node.inputs)})"
        lines.append(f"{node.name} = {node.kind}{inputs} {arguments}".rstrip())
        if node.fused:
            lines[-1] += f" with ({', '.join(part.name for part in node.fused)})"
        lines[-1] += f" -> {show(node.shape)}"
        lines += [f"    {node.name}.{p.name}: {show(p.shape)}" for p in node.parameters]
    for section in (graph.data, graph.train):
        if section is not None:
            lines.append(str(section))
    return "\n".join(lines) + "\n"


def _show(value: Any) -> str:
    return show(value) if isinstance(value, tuple) else str(value)
