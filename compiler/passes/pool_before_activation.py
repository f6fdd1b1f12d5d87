"""Max-pooling first makes the activation cheaper: a 2x2 window leaves a quarter of the work."""

from dataclasses import replace

from dsl.graph import Graph, Node
from dsl.registry import layers


def pool_before_activation(graph: Graph) -> Graph:
    """tanh, maxpool 2  =>  maxpool 2, tanh.

    A monotonic function of the largest value is the largest of the function's values.
    """
    nodes = list(graph.nodes)
    for end in range(2, len(nodes)):
        k = end  # each pool sinks towards the input, past every activation before it
        while nodes[k].kind == "maxpool" and layers()[nodes[k - 1].kind].monotonic:
            nodes[k - 1 : k + 1] = _swapped(nodes[k - 1], nodes[k])
            if k + 1 < len(nodes):
                nodes[k + 1] = replace(nodes[k + 1], inputs=(nodes[k].name,))
            k -= 1
    return graph.with_nodes(tuple(nodes))


def _swapped(activation: Node, pool: Node) -> tuple[Node, Node]:
    return (
        replace(pool, inputs=activation.inputs),
        replace(activation, inputs=(pool.name,), given=pool.shape, shape=pool.shape),
    )
