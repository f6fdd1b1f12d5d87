"""A net that ends in plain scores gets the logsoftmax that its loss and its user need."""

from lenet.compiler.kernels import entry_of
from lenet.dsl.graph import Graph, Node

_RUBBISH = 0.1  # the distance of the rubbish class, j in LeCun et al. 1998, equation 9


def end_in_probabilities(graph: Graph) -> Graph:
    """linear 10  =>  linear 10, logsoftmax.  (`loss crossentropy` is `nll` after this.)

    rbf 10  =>  rbf 10, logposterior, which makes `loss map` of it.
    """
    last = graph.nodes[-1]
    output = entry_of(last).output
    if output in ("probabilities", "log-probabilities"):
        return graph
    names = {node.name for node in graph.nodes}
    name = "probabilities"
    while name in names:
        name += "_"
    if output == "distances":
        kind, arguments = "logposterior", {"rubbish": _RUBBISH}
    else:
        kind, arguments = "logsoftmax", {}
    node = Node(
        name, kind, (last.name,), (last.shape,), last.shape, arguments, line=last.line,
        file=last.file,
    )  # fmt: skip
    return graph.with_nodes((*graph.nodes, node))
