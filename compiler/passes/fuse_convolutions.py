"""A convolution takes in the pooling and the activations behind it."""

from dataclasses import replace

from compiler.elementwise import activation_of
from dsl.graph import Graph, Node


def fuse_convolutions(graph: Graph) -> Graph:
    """conv, maxpool, tanh  =>  conv with (maxpool, tanh).

    The convolution's output then never reaches memory: some rows at a time, it is pooled and
    activated while it lies in the first-level cache. Pooling with windows that overlap or hang
    over the border stays by itself, since it would need rows of several turns.
    """
    nodes: list[Node] = []
    for node in graph.nodes:
        before = nodes[-1] if nodes else None
        if before is None or before.kind != "conv" or not _fits(before, node):
            if before is not None and node.inputs:
                node = replace(node, inputs=(before.name,))
            nodes.append(node)
            continue
        parts = node.fused if node.kind == "chain" else (node,)
        nodes[-1] = replace(before, shape=node.shape, fused=(*before.fused, *parts))
    return graph.with_nodes(tuple(nodes))


def _fits(conv: Node, node: Node) -> bool:
    if node.kind == "chain" or activation_of(node) is not None:
        return True
    if node.kind not in ("maxpool", "avgpool") or conv.fused or len(node.shape) != 3:
        return False
    arguments = node.arguments
    apart = arguments["stride"][0] >= arguments["window"][0]
    return apart and not any(arguments.get("pad") or (0, 0))
