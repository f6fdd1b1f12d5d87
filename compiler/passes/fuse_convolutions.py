"""A convolution takes in the pooling and the activations behind it."""

from compiler.elementwise import activation_of
from compiler.passes.fuse import fuse_followers
from dsl.graph import Graph, Node


def fuse_convolutions(graph: Graph) -> Graph:
    """conv, maxpool, tanh  =>  conv with (maxpool, tanh).

    The convolution's output then never reaches memory: some rows at a time, it is pooled and
    activated while it lies in the first-level cache. Pooling with windows that overlap or hang
    over the border stays by itself, since it would need rows of several turns.
    """
    return fuse_followers(graph, _fits)


def _fits(conv: Node, node: Node) -> bool:
    if conv.kind != "conv":
        return False
    if node.kind == "chain" or activation_of(node) is not None:
        return True
    if node.kind not in ("maxpool", "avgpool") or conv.fused or len(node.shape) != 3:
        return False
    arguments = node.arguments
    apart = arguments["stride"][0] >= arguments["window"][0]
    return apart and not any(arguments.get("pad") or (0, 0))
