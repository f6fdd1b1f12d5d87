"""softplus: forward, and backward from its own output."""

from lenet.compiler.kernels.shared.elementwise import Activation, emit, emit_single
from lenet.dsl.graph import Node

__all__ = ["activation", "emit", "emit_single"]


def activation(node: Node) -> Activation:
    """y = log(1 + exp(x)), so dy/dx = 1 - exp(-y)."""
    return Activation("softplus(value)", "slope * (zero - expm1(zero - value))")
