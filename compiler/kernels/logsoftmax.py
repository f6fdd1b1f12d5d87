"""logsoftmax: y = x - log(sum(exp(x))), with the largest x taken off first."""

from compiler.kernel import Kernels, Request
from compiler.softmaxes import normalized


def emit(request: Request) -> Kernels:
    return normalized(
        request,
        y="value - largest - logarithm",
        total="slope",
        dx="slope - exp(value) * total",
    )
