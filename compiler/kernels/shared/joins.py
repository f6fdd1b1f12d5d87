"""Layers with several inputs."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared.elementwise import Chain, backward_loop, forward_loop
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
    spread, chain = None, Chain(node.fused, size)
    if node.fused:
        doc = f"dz, the gradient of {what} itself."
        parameters = ("arena", *chain.reads, "saved", "dy", "dz")
        spread = Function("spread", parameters, doc, backward_loop("dz", chain))
    return Kernels(
        forward=Function(
            "forward", ("arena", *names("x", count), "y", "saved"),
            f"y = {what} of the paths{kinds}.", forward_loop(values, chain),
        ),
        spread=spread,
        backward=backward,
        saved=chain.floats,
        in_place=not backward,
    )  # fmt: skip
