"""gelu: forward, and backward from its input."""

from lenet.compiler.kernels.shared.elementwise import Activation, emit, emit_single
from lenet.dsl.graph import Node

__all__ = ["activation", "emit", "emit_single"]


def activation(node: Node) -> Activation:
    """y = x P(x) with P the normal distribution, so dy/dx = P(x) + x P'(x)."""
    name = "gelu_tanh" if node.arguments["tanh"] else "gelu"
    return Activation(f"{name}(value)", f"slope * {name}_slope(value)", by_input=True)
