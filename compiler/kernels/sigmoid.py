"""sigmoid: forward, and backward from its own output."""

from lenet.compiler.kernels.shared.elementwise import Activation, emit, emit_single
from lenet.dsl.graph import Node

__all__ = ["activation", "emit", "emit_single"]


def activation(node: Node) -> Activation:
    """y = 1 / (1 + exp(-x)), so dy/dx = y * (1 - y)."""
    return Activation("sigmoid(value)", "slope * value * (one - value)")
