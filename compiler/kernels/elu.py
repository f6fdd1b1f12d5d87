"""elu: forward, and backward from its own output."""

from lenet.compiler.kernels.shared.elementwise import Activation, emit, emit_single
from lenet.dsl.graph import Node

__all__ = ["activation", "emit", "emit_single"]


def activation(node: Node) -> Activation:
    """y = x, or alpha * (exp(x) - 1) below 0, where dy/dx = y + alpha."""
    alpha = f"splat(np.float32({node.arguments['alpha']!r}))"
    return Activation(
        f"select_greater(value, zero, value, {alpha} * expm1(value))",
        f"select_greater(value, zero, slope, slope * (value + {alpha}))",
    )
