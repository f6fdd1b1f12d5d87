"""leakyrelu: forward, and backward from its own output."""

from lenet.compiler.kernels.shared.elementwise import Activation, emit, emit_single
from lenet.dsl.graph import Node

__all__ = ["activation", "emit", "emit_single"]


def activation(node: Node) -> Activation:
    """y = x, or factor * x below 0; it has the sign of x, so dy/dx follows from that of y."""
    factor = f"splat(np.float32({node.arguments['slope']!r}))"
    return Activation(
        f"select_greater(value, zero, value, {factor} * value)",
        f"select_greater(value, zero, slope, {factor} * slope)",
    )
