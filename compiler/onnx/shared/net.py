"""A net's layers, one after the other."""

from dataclasses import dataclass

from lenet.compiler.onnx import written_by
from lenet.compiler.onnx.shared.writing import Layer, Sheet
from lenet.dsl.graph import Graph, Node


@dataclass(frozen=True)
class Unwritten(Exception):  # noqa: N818 - which layers, not that something is wrong
    """The layers that have no module here."""

    nodes: tuple[Node, ...]


def write_net(graph: Graph, sheet: Sheet, x: str) -> str:
    """Write all layers behind the input, whose value is called `x`; the name of the output's value.
    Raises Unwritten, with all layers that cannot be."""
    nodes = graph.nodes[1:]
    unwritten = tuple(node for node in nodes if written_by(node.kind) is None)
    if unwritten:
        raise Unwritten(unwritten)
    values = {graph.nodes[0].name: x}
    for node in nodes:
        module, inputs = written_by(node.kind), tuple(values[name] for name in node.inputs)
        assert module is not None
        values[node.name] = module.export(Layer(node.name, sheet, node, inputs))
    return values[graph.nodes[-1].name]
