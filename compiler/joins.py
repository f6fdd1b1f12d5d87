"""Layers with several inputs."""

from compiler.kernel import Kernels, Request, function
from dsl.shapes import product


def names(letter: str, count: int) -> str:
    """The arguments of all inputs: x0, x1, …"""
    return ", ".join(f"{letter}{k}" for k in range(count))


def elementwise(request: Request, what: str, operator: str, backward: str = "") -> Kernels:
    """y = x0 operator x1 …, value by value."""
    count = len(request.node.inputs)
    values = operator.join(f"load(arena, x{k} + place)" for k in range(count))
    body = f"for place in range(0, {16 * product(request.node.shape)}, 16):\n"
    body += f"    store(arena, y + place, {values})\n"
    arguments = f"arena, {names('x', count)}, y"
    forward = function(f"{request.name}_forward", arguments, f"y = {what} of the paths.", body)
    return Kernels(forward=forward, backward=backward, in_place=not backward)
