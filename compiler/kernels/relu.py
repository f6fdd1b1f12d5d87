"""relu: forward, and backward from its own output."""

from compiler.elementwise import activation
from compiler.kernel import Kernels, Request


def emit(request: Request) -> Kernels:
    return activation(
        request,
        forward="maximum(zero, value)",
        derivative="select_greater(value, zero, slope, zero)",
    )
