"""A net's layers, one after the other."""

from dataclasses import dataclass

from lenet.compiler.onnx import written_by
from lenet.compiler.onnx.shared.writing import Layer, Sheet, Writer
from lenet.compiler.passes.sequences_as_maps import sequences_as_maps
from lenet.dsl.graph import Graph, Node


@dataclass(frozen=True)
class Unwritten(Exception):  # noqa: N818 - which layers, not that something is wrong
    """The layers that have no module here."""

    nodes: tuple[Node, ...]


def write_net(graph: Graph, sheet: Sheet, x: str) -> str:
    """Write all layers behind the input, whose value is called `x`; the name of the output's value.
    Sequences are maps of one row within. Raises Unwritten, with all layers that cannot be."""
    shapes = graph.input, graph.output
    graph = sequences_as_maps(graph)
    nodes = graph.nodes[1:]
    unwritten = tuple(node for node in nodes if written_by(node.kind) is None)
    if unwritten:
        raise Unwritten(unwritten)
    if len(shapes[0]) == 2:
        x = Writer("sequence", sheet).reshaped(x, graph.input)
    values = {graph.nodes[0].name: x}
    for node in nodes:
        module, inputs = written_by(node.kind), tuple(values[name] for name in node.inputs)
        assert module is not None
        values[node.name] = module.export(Layer(node.name, sheet, node, inputs))
    y = values[graph.nodes[-1].name]
    return Writer("steps", sheet).reshaped(y, shapes[1]) if len(shapes[1]) == 2 else y
