"""A convolution takes in the pooling and the activations behind it."""

from lenet.compiler.kernels.shared.elementwise import activation_of
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
    if conv.kind != "conv":
        return False
    if node.kind == "chain" or activation_of(node) is not None:
        return True
    return node.kind in ("maxpool", "avgpool") and not conv.fused and len(node.shape) == 3
