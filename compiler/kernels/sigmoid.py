"""sigmoid: forward, and backward from its own output."""

from compiler.elementwise import Activation, emit, emit_single
from dsl.graph import Node

__all__ = ["activation", "emit", "emit_single"]


def activation(node: Node) -> Activation:
    return Activation("sigmoid(value)", "slope * value * (one - value)")
