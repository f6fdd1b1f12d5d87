"""prelu: a leaky relu whose slopes are trained, one a channel or one for all."""

from textwrap import indent

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared.elementwise import CONSTANTS
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES
from lenet.dsl.shapes import product


def emit(request: Request) -> Kernels:
    """y = x, or factor * x below 0. Slopes may become negative, so that the sign of x does not
    follow from that of y: backward and gradient read x."""
    shape = request.node.shape
    channels, places = shape[0], product(shape[1:])
    slope, x = _slope(request), "value = load(arena, x + place * 16)\n"
    dy = "slope = load(arena, dy + place * 16)\n"

    def each(inside: str, before: str = "", after: str = "") -> str:
        loop = f"for place in range(channel * {places}, channel * {places} + {places}):\n"
        body = f"{before}{loop}{indent(inside, '    ')}{after}"
        return f"{CONSTANTS}for channel in range({channels}):\n{indent(body, '    ')}"

    factor = f"factor = splat(weights[{slope}])\n"
    forward = "store(arena, y + place * 16, select_greater(value, zero, value, factor * value))\n"
    backward = "store(arena, dx + place * 16, select_greater(value, zero, slope, factor * slope))\n"
    sums = "total = fma(slope, select_greater(value, zero, zero, value), total)\n"
    return Kernels(
        forward=Function(
            "forward", ("arena", "weights", "w", "x", "y"), "y = x, or factor * x below 0.",
            each(x + forward, factor),
        ),
        backward=Function(
            "backward", ("arena", "weights", "w", "x", "dy", "dx"),
            "dx = dy, or factor * dy where x is below 0.", each(x + dy + backward, factor),
        ),
        gradient=Function(
            "gradient", ("arena", "gradient", "w", "x", "dy"),
            "The gradients of the slopes, added to those so far.",
            each(x + dy + sums, "total = zero\n", f"gradient[{slope}] += lane_sum(total)\n"),
        ),
        in_place=True,
    )  # fmt: skip


def emit_single(request: Request) -> Single:
    """Of a channel, sixteen places at a time."""
    shape = request.node.shape
    channels, places = shape[0], product(shape[1:])
    body = (
        f"{CONSTANTS}for channel in range({channels}):\n"
        f"    factor = splat(weights[{_slope(request)}])\n"
        f"    for place in range(0, {places}, {LANES}):\n"
        f"        at = channel * {places} + place\n"
        f"        value = load_any(arena, x + at)\n"
        f"        value = select_greater(value, zero, value, factor * value)\n"
        f"        store_first(arena, y + at, value, {places} - place)\n"
    )
    return Single(single_function("y = x, or factor * x below 0.", body))


def _slope(request: Request) -> str:
    """Where a channel's slope lies."""
    offset = request.offsets["slope"]
    return offset if request.node.arguments["shared"] else f"{offset} + channel"
