"""concat: the channels of all paths, one after the other."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared.joins import names
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES
from lenet.dsl.shapes import product


def emit(request: Request) -> Kernels:
    """Copies. The paths may differ in their channels only."""
    sizes = [product(given) * LANES for given in request.node.input_shapes]
    count = len(sizes)
    forward = backward = ""
    for k, size in enumerate(sizes):
        at = sum(sizes[:k])
        head = f"for place in range(0, {size}, {LANES}):\n"
        forward += head + f"    store(arena, y + {at} + place, load(arena, x{k} + place))\n"
        backward += head + f"    store(arena, dx{k} + place, load(arena, dy + {at} + place))\n"
    return Kernels(
        forward=Function(
            "forward", ("arena", *names("x", count), "y"),
            "y = the paths, one after the other.", forward,
        ),
        backward=Function(
            "backward", ("arena", "dy", *names("dx", count)),
            "Each path gets its part of dy.", backward,
        ),
    )  # fmt: skip


def emit_single(request: Request) -> Single:
    """Copies, each path in one piece."""
    sizes = [product(given) for given in request.node.input_shapes]
    body = ""
    for k, size in enumerate(sizes):
        at = sum(sizes[:k])
        body += f"copy_any(arena, y + {at}, x{k}, {size})\n"
    parameters = ("arena", *names("x", len(sizes)), "y")
    return Single(single_function("y = the paths, one after the other.", body, parameters))
