"""mish: forward, and backward from its input."""

from lenet.compiler.kernels.shared.elementwise import Activation, emit, emit_single
from lenet.dsl.graph import Node

__all__ = ["activation", "emit", "emit_single"]


def activation(node: Node) -> Activation:
    """y = x tanh(softplus(x))."""
    return Activation("mish(value)", "slope * mish_slope(value)", by_input=True)
