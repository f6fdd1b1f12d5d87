"""Max-pooling first makes the activation cheaper: a 2x2 window leaves a quarter of the work."""

from dataclasses import replace

from dsl.graph import Graph, Node
from dsl.registry import layers


def pool_before_activation(graph: Graph) -> Graph:
    """tanh, maxpool 2  =>  maxpool 2, tanh.

    A monotonic function of the largest value is the largest of the function's values.
    """
    nodes = list(graph.nodes)
    for k in range(len(nodes) - 2, 0, -1):
        first, second = nodes[k], nodes[k + 1]
        if layers()[first.kind].monotonic and second.kind == "maxpool":
            nodes[k : k + 2] = _swapped(first, second)
            if k + 2 < len(nodes):
                nodes[k + 2] = replace(nodes[k + 2], inputs=(first.name,))
            return pool_before_activation(graph.with_nodes(tuple(nodes)))
    return graph


def _swapped(activation: Node, pool: Node) -> tuple[Node, Node]:
    return (
        replace(pool, inputs=activation.inputs),
        replace(activation, inputs=(pool.name,), given=pool.shape, shape=pool.shape),
    )
