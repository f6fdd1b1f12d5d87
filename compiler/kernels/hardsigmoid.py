"""hardsigmoid: forward, and backward from its own output."""

from dataclasses import replace

from lenet.compiler.kernels.shared.elementwise import Activation, clipped, emit, emit_single
from lenet.dsl.graph import Node

__all__ = ["activation", "emit", "emit_single"]

SIXTH = f"splat(np.float32({1 / 6!r}))"


def activation(node: Node) -> Activation:
    """y = x / 6 + 1/2 between 0 and 1; dy/dx = 1/6 there, else 0."""
    line = clipped(0.0, 1.0, f"fma(value, {SIXTH}, splat(np.float32(0.5)))")
    return replace(line, derivative=f"{SIXTH} * {line.derivative}")
