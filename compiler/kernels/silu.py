"""silu: forward, and backward from its input."""

from lenet.compiler.kernels.shared.elementwise import Activation, emit, emit_single
from lenet.dsl.graph import Node

__all__ = ["activation", "emit", "emit_single"]


def activation(node: Node) -> Activation:
    """y = x s with s = sigmoid(x), so dy/dx = s (1 + x (1 - s))."""
    return Activation("value * sigmoid(value)", "slope * silu_slope(value)", by_input=True)
