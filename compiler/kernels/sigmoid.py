"""sigmoid: forward, and backward from its own output."""

from compiler.elementwise import activation
from compiler.kernel import Kernels, Request


def emit(request: Request) -> Kernels:
    return activation(request, forward="sigmoid(value)", derivative="slope * value * (one - value)")
