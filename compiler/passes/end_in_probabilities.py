"""A net that ends in plain scores gets the logsoftmax that its loss and its user need."""

from dsl.graph import Graph, Node


def end_in_probabilities(graph: Graph) -> Graph:
    """linear 10  =>  linear 10, logsoftmax.  (`loss crossentropy` is `nll` after this.)"""
    last = graph.nodes[-1]
    if last.kind in ("softmax", "logsoftmax"):
        return graph
    names = {node.name for node in graph.nodes}
    name = "probabilities"
    while name in names:
        name += "_"
    node = Node(name, "logsoftmax", (last.name,), last.shape, last.shape, line=last.line)
    return graph.with_nodes((*graph.nodes, node))
