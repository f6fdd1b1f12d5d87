"""For single images, convolutions do what bounds the values behind them, sums and products all
activations."""

from lenet.compiler.kernels import entry_of
from lenet.compiler.kernels.shared.elementwise import activation_of
from lenet.compiler.passes.fuse import fuse_followers
from lenet.dsl.graph import Graph, Node


def fuse_clips(graph: Graph) -> Graph:
    """conv, relu  =>  conv with (relu): its tiles do that to their sums before they are stored.

    So do add and multiply of whole paths, with all activations.
    """
    return fuse_followers(graph, _fits)


def _fits(before: Node, node: Node) -> bool:
    activation, entry = activation_of(node), entry_of(before)
    if entry.takes_in and len(before.inputs) > 1:
        return activation is not None and set(before.input_shapes) == {before.shape}
    if entry.family != "convolution" or before.fused:
        return False
    return activation is not None and activation.clips is not None
