"""A normalization, a sum or a product takes in the activations behind it."""

from lenet.compiler.kernels import entry_of
from lenet.compiler.passes.fuse import fuse_followers
from lenet.dsl.graph import Graph, Node


def fuse_elementwise(graph: Graph) -> Graph:
    """batchnorm, relu  =>  batchnorm with (relu): one loop over the map instead of two.

    So do add and multiply.
    """
    return fuse_followers(graph, _fits)


def _fits(before: Node, node: Node) -> bool:
    return entry_of(before).takes_in and entry_of(node).elementwise
