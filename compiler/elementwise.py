"""The loop that all activations share."""

from compiler.kernel import BACKWARD, FORWARD, Kernels, Request, function
from dsl.shapes import product

_CONSTANTS = "zero = splat(np.float32(0))\none = splat(np.float32(1))\n"


def activation(request: Request, forward: str, derivative: str) -> Kernels:
    """Kernels of an activation whose derivative follows from its output.

    `forward` is an expression of `value`, an input; `derivative` one of `value`, an output, and
    `slope`, the gradient of the output. Both may use `zero` and `one`.
    """
    size = product(request.node.shape)
    kind = request.node.kind

    def loop(body: str) -> str:
        return f"{_CONSTANTS}for place in range(0, {size * 16}, 16):\n{body}"

    y = loop(f"    value = load(arena, x + place)\n    store(arena, y + place, {forward})\n")
    dx = loop(
        "    value = load(arena, y + place)\n"
        "    slope = load(arena, dy + place)\n"
        f"    store(arena, dx + place, {derivative})\n"
    )
    return Kernels(
        forward=function(f"{request.name}_forward", FORWARD, f"y = {kind}(x).", y),
        backward=function(
            f"{request.name}_backward", BACKWARD, f"dx = dy times the slope of {kind} at y.", dx
        ),
        keeps_output=True,
        in_place=True,
    )
