"""relu: forward, and backward from its own output."""

from lenet.compiler.kernels.shared.elementwise import Activation, emit, emit_single
from lenet.dsl.graph import Node

__all__ = ["activation", "emit", "emit_single"]


def activation(node: Node) -> Activation:
    return Activation("maximum(zero, value)", "select_greater(value, zero, slope, zero)")
