"""hardswish: forward, and backward from its input."""

from lenet.compiler.kernels.shared.elementwise import Activation, emit, emit_single
from lenet.dsl.graph import Node

__all__ = ["activation", "emit", "emit_single"]


def activation(node: Node) -> Activation:
    """y = x hardsigmoid(x); dy/dx = 0 up to -3, 1 from 3 on, and x / 3 + 1/2 between."""
    sixth, third, half, three = (
        f"splat(np.float32({value!r}))" for value in (1 / 6, 1 / 3, 0.5, 3.0)
    )
    between = f"select_less(value, {three}, fma(value, {third}, {half}), one)"
    return Activation(
        f"value * minimum(one, maximum(zero, fma(value, {sixth}, {half})))",
        f"slope * select_greater(value, zero - {three}, {between}, zero)",
        by_input=True,
    )
