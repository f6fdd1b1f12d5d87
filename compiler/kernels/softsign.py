"""softsign: forward, and backward from its own output."""

from lenet.compiler.kernels.shared.elementwise import Activation, emit, emit_single
from lenet.dsl.graph import Node

__all__ = ["activation", "emit", "emit_single"]


def activation(node: Node) -> Activation:
    """y = x / (1 + |x|), so dy/dx = (1 - |y|)^2."""
    size = "maximum(value, zero - value)"
    return Activation(f"value / (one + {size})", f"slope * ((one - {size}) * (one - {size}))")
