"""tanh: forward, and backward from its own output."""

from compiler.elementwise import activation
from compiler.kernel import Kernels, Request


def emit(request: Request) -> Kernels:
    return activation(
        request, forward="tanh(value)", derivative="slope * fma(zero - value, value, one)"
    )
