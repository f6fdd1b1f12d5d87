"""selu: forward, and backward from its own output."""

from lenet.compiler.kernels.shared.elementwise import Activation, emit, emit_single
from lenet.dsl.graph import Node

__all__ = ["activation", "emit", "emit_single"]

# The fixed point of mean 0 and variance 1, Klambauer et al. 2017, equation 14.
ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805


def activation(node: Node) -> Activation:
    """y = scale * x, or scale * alpha * (exp(x) - 1) below 0, where dy/dx = y + scale * alpha."""
    scale, low = (f"splat(np.float32({value!r}))" for value in (SCALE, SCALE * ALPHA))
    return Activation(
        f"select_greater(value, zero, {scale} * value, {low} * expm1(value))",
        f"select_greater(value, zero, {scale} * slope, slope * (value + {low}))",
    )
