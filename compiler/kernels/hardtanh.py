"""hardtanh: forward, and backward from its own output."""

from lenet.compiler.kernels.shared.elementwise import Activation, clipped, emit, emit_single
from lenet.dsl.graph import Node

__all__ = ["activation", "emit", "emit_single"]


def activation(node: Node) -> Activation:
    """y = x between low and high; dx = dy there, else 0."""
    return clipped(node.arguments["low"], node.arguments["high"])
