"""A net's layers, one after the other."""

from collections.abc import Mapping
from dataclasses import dataclass

from lenet.compiler.onnx import written_by
from lenet.compiler.onnx.shared.integers import IntegerLayer
from lenet.compiler.onnx.shared.writing import Layer, Sheet, Writer
from lenet.compiler.passes.sequences_as_maps import sequences_as_maps
from lenet.compiler.quantized import Integers
from lenet.dsl.graph import Graph, Node


@dataclass(frozen=True)
class Unwritten(Exception):  # noqa: N818 - which layers, not that something is wrong
    """The layers that have no module here."""

    nodes: tuple[Node, ...]


def write_net(
    graph: Graph, sheet: Sheet, x: str, integers: Mapping[str, Integers] | None = None
) -> str:
    """Write all layers behind the input, whose value is called `x`; the name of the output's value.
    Sequences are maps of one row within. The layers in `integers`, by their names, are written as
    such. Raises Unwritten, with all layers that cannot be."""
    known = integers or {}
    folded = {name for layer in known.values() for name in layer.folded}
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
        if node.name in folded:
            values[node.name] = inputs[0]
        elif node.name in known:
            layer = IntegerLayer(node.name, sheet, node, inputs, known[node.name])
            values[node.name] = module.export(layer)
        else:
            values[node.name] = module.export(Layer(node.name, sheet, node, inputs))
    y = values[graph.nodes[-1].name]
    return Writer("steps", sheet).reshaped(y, shapes[1]) if len(shapes[1]) == 2 else y
