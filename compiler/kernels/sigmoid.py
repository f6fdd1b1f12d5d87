"""sigmoid: forward, and backward from its own output."""

from compiler.elementwise import Activation
from compiler.elementwise import activation as emit
from compiler.elementwise import activation_single as emit_single

__all__ = ["ACTIVATION", "emit", "emit_single"]

ACTIVATION = Activation("sigmoid(value)", "slope * value * (one - value)")
