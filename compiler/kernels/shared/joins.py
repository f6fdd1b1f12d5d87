"""Layers with several inputs."""

from lenet.compiler.contract import Kernels, Request, function
from lenet.compiler.kernels.shared.elementwise import backward_loop, forward_loop
from lenet.dsl.shapes import product


def names(letter: str, count: int) -> str:
    """The arguments of all inputs: x0, x1, …"""
    return ", ".join(f"{letter}{k}" for k in range(count))


def elementwise(request: Request, what: str, operator: str, backward: str = "") -> Kernels:
    """y = x0 operator x1 …, value by value, and then the activations that are fused into it."""
    node, name, size = request.node, request.name, product(request.node.shape)
    count = len(node.inputs)
    values = operator.join(f"load(arena, x{k} + place * 16)" for k in range(count))
    kinds = "".join(f", then {part.kind}" for part in node.fused)
    spread = ""
    if node.fused:
        doc = f"dz, the gradient of {what} itself."
        body = backward_loop("dz", node.fused, size)
        spread = function(f"{name}_spread", "arena, y, saved, dy, dz", doc, body)
    return Kernels(
        forward=function(
            f"{name}_forward", f"arena, {names('x', count)}, y, saved",
            f"y = {what} of the paths{kinds}.", forward_loop(values, node.fused, size),
        ),
        spread=spread,
        backward=backward,
        saved=max(0, len(node.fused) - 1) * size * 16,
        in_place=not backward,
    )  # fmt: skip
