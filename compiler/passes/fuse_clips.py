"""For single images, a convolution does what bounds the values behind it."""

from lenet.compiler.kernels import entry_of
from lenet.compiler.kernels.shared.elementwise import activation_of
from lenet.compiler.passes.fuse import fuse_followers
from lenet.dsl.graph import Graph, Node


def fuse_clips(graph: Graph) -> Graph:
    """conv, relu  =>  conv with (relu): its tiles do that to their sums before they are stored."""
    return fuse_followers(graph, _fits)


def _fits(conv: Node, node: Node) -> bool:
    if entry_of(conv).family != "convolution" or conv.fused:
        return False
    activation = activation_of(node)
    return activation is not None and activation.clips is not None
