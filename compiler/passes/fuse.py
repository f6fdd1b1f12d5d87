"""What the passes that fuse layers into the one before them share."""

from collections.abc import Callable
from dataclasses import replace

from lenet.compiler.kernels import parts_of
from lenet.dsl.graph import Graph, Node


def take_in(before: Node, node: Node) -> Node:
    """`node`, or the layers of a chain, among those that are fused into the one before it."""
    return replace(before, shape=node.shape, fused=(*before.fused, *parts_of(node)))


def fuse_followers(
    graph: Graph,
    fits: Callable[[Node, Node], bool],
    fuse: Callable[[Node, Node], Node] = take_in,
) -> Graph:
    """Layers take in those behind them that fit, where nothing else reads what lies between.

    `fits` and `fuse` get the layer, with what it has taken in so far, and the next one.
    """
    consumers = graph.consumers
    nodes: list[Node] = []
    renamed: dict[str, str] = {}  # the last one that was taken in, to the layer that has it
    ends: dict[str, str] = {}  # and back
    for node in graph.nodes:
        node = replace(node, inputs=tuple(renamed.get(name, name) for name in node.inputs))
        before = nodes[-1] if nodes else None
        follows = before is not None and node.inputs == (before.name,)
        if before is None or not follows or not fits(before, node):
            nodes.append(node)
            continue
        if len(consumers[ends.get(before.name, before.name)]) > 1:
            nodes.append(node)
            continue
        nodes[-1] = fuse(before, node)
        renamed[node.name], ends[before.name] = before.name, node.name
    return graph.with_nodes(tuple(nodes))
