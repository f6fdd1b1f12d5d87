"""add: the sum of paths; the gradient of each is that of the sum."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared.joins import (
    Paths,
    elementwise,
    elementwise_single,
    names,
    takes_places,
)
from lenet.compiler.single_contract import Single
from lenet.compiler.target import LANES
from lenet.dsl.graph import Node

__all__ = ["emit", "emit_single", "takes_places"]


def emit(request: Request) -> Kernels:
    """y = x0 + x1 + …. Without backward, each path gets dy itself; a path of one value a channel
    gets the sum over its places."""
    paths = Paths.of(request.node)
    backward = _backward(request, paths) if paths.narrow else None
    return elementwise(request, "the sum", " + ", backward, in_place=True)


def _backward(request: Request, paths: Paths) -> Function:
    inside = f"slope = load(arena, dy + place * {LANES})\ntotal = total + slope\n"
    inside += "".join(f"store(arena, dx{k} + place * {LANES}, slope)\n" for k in paths.whole)
    after = "".join(f"store(arena, dx{k} + channel * {LANES}, total)\n" for k in paths.narrow)
    body = paths.loop("total = splat(np.float32(0))\n", inside, after)
    parameters = ("arena", "dy", *names("dx", len(request.node.inputs)))
    doc = "Each path gets dy; one of a value a channel, the sum of its places."
    return Function("backward", parameters, doc, body)


def is_addend(node: Node) -> bool:
    """Whether one path can be added to the other, value by value."""
    return node.input_shapes == (node.shape, node.shape)


def emit_single(request: Request) -> Single:
    """Places of all paths, added in the paths' order, as for a block."""
    return elementwise_single(request, "the sum", " + ")
