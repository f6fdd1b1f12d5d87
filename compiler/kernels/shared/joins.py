"""Layers with several inputs."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared.elementwise import backward_loop, forward_loop
from lenet.compiler.target import LANES
from lenet.dsl.shapes import product


def names(letter: str, count: int) -> tuple[str, ...]:
    """The parameters for all inputs: x0, x1, …"""
    return tuple(f"{letter}{k}" for k in range(count))


def elementwise(
    request: Request, what: str, operator: str, backward: Function | None = None
) -> Kernels:
    """y = x0 operator x1 …, value by value, and then the activations that are fused into it."""
    node, size = request.node, product(request.node.shape)
    count = len(node.inputs)
    values = operator.join(f"load(arena, x{k} + place * 16)" for k in range(count))
    kinds = "".join(f", then {part.kind}" for part in node.fused)
    spread = None
    if node.fused:
        doc = f"dz, the gradient of {what} itself."
        body = backward_loop("dz", node.fused, size)
        spread = Function("spread", ("arena", "y", "saved", "dy", "dz"), doc, body)
    return Kernels(
        forward=Function(
            "forward", ("arena", *names("x", count), "y", "saved"),
            f"y = {what} of the paths{kinds}.", forward_loop(values, node.fused, size),
        ),
        spread=spread,
        backward=backward,
        saved=max(0, len(node.fused) - 1) * size * LANES,
        in_place=not backward,
    )  # fmt: skip
