"""relu: forward, and backward from its own output."""

from lenet.compiler.kernels.shared.elementwise import Activation, emit, emit_single
from lenet.dsl.graph import Node

__all__ = ["activation", "emit", "emit_single"]


def activation(node: Node) -> Activation:
    """y = max(0, x); dx = dy where y > 0, else 0."""
    derivative = "select_greater(value, zero, slope, zero)"
    return Activation("maximum(zero, value)", derivative, clips=(0.0, None))
