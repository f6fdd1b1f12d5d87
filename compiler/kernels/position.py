"""position: a vector for each step is added to it."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES
from lenet.dsl.shapes import product

_DOC = "y = x plus a vector for each step."


def emit(request: Request) -> Kernels:
    """The vectors are [step][channel]. Fixed ones have no gradient."""
    base, body = _each(request, "store(arena, y + at, load(arena, x + at) + splat(weights[{}]))")
    forward = Function("forward", ("arena", "weights", base, "x", "y"), _DOC, body)
    _, body = _each(request, "gradient[{}] += lane_sum(load(arena, dy + at))")
    doc = "The gradients of the vectors, added to those so far."
    gradient = Function("gradient", ("arena", "gradient", base, "dy"), doc, body)
    trained = request.node.parameters[0].trained
    return Kernels(forward=forward, gradient=gradient if trained else None, in_place=True)


def _each(request: Request, line: str, lanes: int = LANES) -> tuple[str, str]:
    """The offset of the vectors, and `line` for the place `at` of each channel and step, and the
    place of its weight."""
    channels, weight = request.node.shape[0], request.offsets["weight"]
    steps = product(request.node.shape[1:])
    body = (
        f"for channel in range({channels}):\n"
        f"    for step in range({steps}):\n"
        f"        at = (channel * {steps} + step) * {lanes}\n"
        f"        {line.format(f'{weight} + step * {channels} + channel')}\n"
    )
    return weight[0], body


def emit_single(request: Request) -> Single:
    """The same of one image."""
    base, body = _each(request, "arena[y + at] = arena[x + at] + weights[{}]", lanes=1)
    return Single(single_function(_DOC, body, ("arena", "weights", base, "x", "y")))
