"""A convolution takes in the pooling and the activations behind it."""

from lenet.compiler.kernels import entry_of
from lenet.compiler.passes.fuse import fuse_followers
from lenet.dsl.graph import Graph, Node


def fuse_convolutions(graph: Graph) -> Graph:
    """conv, maxpool, tanh  =>  conv with (maxpool, tanh).

    The convolution's output then never reaches memory: some rows at a time, it is pooled and
    activated while it lies in the caches. Where windows overlap, the rows that the next ones need
    as well are kept.
    """
    return fuse_followers(graph, _fits)


def _fits(conv: Node, node: Node) -> bool:
    if entry_of(conv).family != "convolution":
        return False
    pools = entry_of(node).pools and not conv.fused and len(node.shape) == 3
    return bool(pools) or entry_of(node).elementwise
