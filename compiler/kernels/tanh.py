"""tanh: forward, and backward from its own output."""

from lenet.compiler.kernels.shared.elementwise import Activation, emit, emit_single
from lenet.dsl.graph import Node

__all__ = ["activation", "emit", "emit_single"]


def activation(node: Node) -> Activation:
    """y = gain * tanh(slope * x), so dy/dx = slope * (gain - y * y / gain)."""
    gain, slope = node.arguments["gain"], node.arguments["slope"]
    if gain == slope == 1:
        return Activation("tanh(value)", "slope * fma(zero - value, value, one)")
    scaled = f"splat(np.float32({gain!r})) * tanh(splat(np.float32({slope!r})) * value)"
    factor = f"splat(np.float32({-slope / gain!r})) * value"
    derivative = f"slope * fma({factor}, value, splat(np.float32({slope * gain!r})))"
    return Activation(scaled, derivative)
