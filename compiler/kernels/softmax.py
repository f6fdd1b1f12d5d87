"""softmax: y = exp(x) / sum(exp(x)), with the largest x taken off first."""

from compiler.kernel import Kernels, Request
from compiler.softmaxes import normalized


def emit(request: Request) -> Kernels:
    return normalized(
        request,
        y="exp(value - largest) / total",
        total="slope * value",
        dx="value * (slope - total)",
    )
