"""A net that ends in plain scores gets the logsoftmax that its loss and its user need."""

from lenet.compiler.losses.code import code_of, given_by, loss_of
from lenet.dsl.graph import Graph, Node
from lenet.dsl.losses import LOSSES


def end_in_probabilities(graph: Graph) -> Graph:
    """linear 10  =>  linear 10, logsoftmax.  (`loss crossentropy` is `nll` after this.)

    A map of scores has its softmax in the loss.

    rbf 10  =>  rbf 10, logposterior, which makes `loss map` of it.
    """
    last, loss = graph.nodes[-1], loss_of(graph)
    end = code_of(loss).end
    if end is None or graph.answers == "places" or LOSSES[loss.name].takes != given_by(graph):
        return graph
    names = {node.name for node in graph.nodes}
    name = "probabilities"
    while name in names:
        name += "_"
    kind, arguments = end
    node = Node(
        name, kind, (last.name,), (last.shape,), last.shape, arguments, line=last.line,
        file=last.file,
    )  # fmt: skip
    return graph.with_nodes((*graph.nodes, node))
