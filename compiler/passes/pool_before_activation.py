"""Max-pooling first makes the activation cheaper: a 2x2 window leaves a quarter of the work."""

from dataclasses import replace

from lenet.compiler.kernels import entry_of
from lenet.dsl.graph import Graph, Node


def pool_before_activation(graph: Graph) -> Graph:
    """tanh, maxpool 2  =>  maxpool 2, tanh.

    A monotonic function of the largest value is the largest of the function's values.
    """
    nodes = list(graph.nodes)
    for end in range(2, len(nodes)):
        k = end  # each pool sinks towards the input, past every activation before it
        while entry_of(nodes[k]).pools == "largest" and _swap(nodes, k):
            k -= 1
    return graph.with_nodes(tuple(nodes))


def _swap(nodes: list[Node], k: int) -> bool:
    """Whether the node before the pool is an activation that nothing else reads; then they are
    exchanged."""
    activation, pool = nodes[k - 1], nodes[k]
    readers = [node for node in nodes if activation.name in node.inputs]
    if not entry_of(activation).monotonic or readers != [pool]:
        return False
    nodes[k - 1] = replace(pool, inputs=(*activation.inputs, *pool.inputs[1:]))
    nodes[k] = replace(
        activation, inputs=(pool.name,), input_shapes=(pool.shape,), shape=pool.shape
    )
    for later in range(k + 1, len(nodes)):
        inputs = tuple(activation.name if i == pool.name else i for i in nodes[later].inputs)
        nodes[later] = replace(nodes[later], inputs=inputs)
    return True
