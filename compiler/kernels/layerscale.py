"""layerscale: each channel times a trained factor."""

from textwrap import indent

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES
from lenet.dsl.shapes import product


def emit(request: Request) -> Kernels:
    """y = factor * x; the way back needs x for the factors' own gradients only."""
    return Kernels(
        forward=Function(
            "forward", ("arena", "weights", "w", "x", "y"), "y = factor * x.",
            _each(request, _times("x", "y"), _factor(request)),
        ),
        backward=Function(
            "backward", ("arena", "weights", "w", "dy", "dx"), "dx = factor * dy.",
            _each(request, _times("dy", "dx"), _factor(request)),
        ),
        gradient=Function(
            "gradient", ("arena", "gradient", "w", "x", "dy"),
            "The gradients of the factors, added to those so far.",
            _each(
                request,
                "total = fma(load(arena, x + place * 16), load(arena, dy + place * 16), total)\n",
                "total = splat(np.float32(0))\n",
                f"gradient[{request.offsets['scale']} + channel] += lane_sum(total)\n",
            ),
        ),
        in_place=True,
    )  # fmt: skip


def emit_single(request: Request) -> Single:
    """Of a channel, sixteen places at a time."""
    channels, places = _sizes(request)
    body = (
        f"for channel in range({channels}):\n"
        f"    {_factor(request)}"
        f"    for place in range(0, {places}, {LANES}):\n"
        f"        at = channel * {places} + place\n"
        f"        store_first(arena, y + at, factor * load_any(arena, x + at), {places} - place)\n"
    )
    return Single(single_function("y = factor * x.", body))


def _each(request: Request, inside: str, before: str, after: str = "") -> str:
    """`inside` at each place of a channel, between what is done for the channel."""
    channels, places = _sizes(request)
    loop = f"for place in range(channel * {places}, channel * {places} + {places}):\n"
    body = f"{before}{loop}{indent(inside, '    ')}{after}"
    return f"for channel in range({channels}):\n{indent(body, '    ')}"


def _times(given: str, result: str) -> str:
    return f"store(arena, {result} + place * 16, factor * load(arena, {given} + place * 16))\n"


def _factor(request: Request) -> str:
    return f"factor = splat(weights[{request.offsets['scale']} + channel])\n"


def _sizes(request: Request) -> tuple[int, int]:
    """Channels, and places of each."""
    shape = request.node.shape
    return shape[0], product(shape[1:])
