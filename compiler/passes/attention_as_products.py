"""Attention has its projections computed as the linear layers that they are."""

from dataclasses import replace

from lenet.compiler.kernels import entry_of
from lenet.dsl.graph import Graph, Node
from lenet.dsl.layers.conv import LAYER as CONV
from lenet.dsl.shapes import Shape, product
from lenet.dsl.windows import DILATE, PAD, STRIDE

_OPTIONS = {
    STRIDE.name: (1, 1), PAD.name: (0, 0), DILATE.name: None, "groups": None, "bias": "yes",
    "connect": None, "algorithm": "direct",
}  # fmt: skip


def attention_as_products(graph: Graph) -> Graph:
    """attention 4 of 64x1x16  =>  conv 192x1x1, which gives queries, keys and values; attention 4
    of these, without tensors; conv 64x1x1."""
    if not any(map(_projects, graph.nodes)):
        return graph
    nodes: list[Node] = []
    renamed: dict[str, str] = {}
    for node in graph.nodes:
        node = replace(node, inputs=tuple(renamed.get(name, name) for name in node.inputs))
        if not _projects(node):
            nodes.append(node)
            continue
        parts = _parts(node)
        nodes += parts
        renamed[node.name] = parts[-1].name
    return graph.with_nodes(tuple(nodes))


def _projects(node: Node) -> bool:
    """Whether a node still has the tensors of products."""
    return entry_of(node).projects and bool(node.parameters)


def _parts(node: Node) -> tuple[Node, Node, Node]:
    (channels, *places), steps = node.given, product(node.given[1:])
    three = (3 * channels, *places)
    into = replace(
        _projection(node, "in", three), inputs=node.inputs[:1], input_shapes=(node.given,)
    )
    mixed = replace(
        node, name=f"{node.name}.heads", inputs=(into.name, *node.inputs[1:]),
        input_shapes=(three, *node.input_shapes[1:]), parameters=(),
        macs=2 * channels * steps * steps,
    )  # fmt: skip
    out = replace(
        _projection(node, "out", node.given), inputs=(mixed.name,), input_shapes=(node.given,)
    )
    return into, mixed, out


def _projection(node: Node, part: str, shape: Shape) -> Node:
    """A layer whose tensors have the names that those of the attention's `part` have."""
    parameters = tuple(
        replace(p, name=p.name.removeprefix(f"{part}."))
        for p in node.parameters
        if p.name.startswith(f"{part}.")
    )
    return replace(
        node, name=f"{node.name}.{part}", kind=CONV.name, shape=shape, parameters=parameters,
        arguments={**_OPTIONS, "size": (shape[0], 1, 1)},
        macs=product(parameters[0].shape) * product(shape[1:]),
    )  # fmt: skip
