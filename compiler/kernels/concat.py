"""concat: the channels of all paths, one after the other."""

from textwrap import indent

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared.joins import names, takes_places
from lenet.compiler.single_contract import Single, place_floats, single_function
from lenet.compiler.target import LANES
from lenet.dsl.shapes import product

__all__ = ["emit", "emit_single", "takes_places"]

_UNITS = 8  # that threads share


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
    """Copies, each path in one piece, or in one for each place."""
    count = len(request.node.input_shapes)
    doc, parameters = "y = the paths, one after the other.", ("arena", *names("x", count), "y")
    if not request.by_places:
        return Single(single_function(doc, _copies(request, whole=True), parameters))
    places = product(request.node.shape[1:])
    each = max(1, places // _UNITS)
    body = f"for place in range(unit * {each}, min(unit * {each} + {each}, {places})):\n"
    body += indent(_copies(request, whole=False), "    ")
    function = single_function(doc, body, (*parameters, "unit"))
    return Single(function, units=-(-places // each))


def _copies(request: Request, whole: bool) -> str:
    """Of all paths, or of their values at `place`."""
    shapes = request.node.input_shapes
    sizes = [product(given) if whole else given[0] for given in shapes]
    lines = ""
    for k, size in enumerate(sizes):
        to, start = f"y + {sum(sizes[:k])}", f"x{k}"
        if not whole:
            to += f" + place * {place_floats(sum(sizes))}"
            start += f" + place * {place_floats(size)}"
        lines += f"copy_any(arena, {to}, {start}, {size})\n"
    return lines
