"""logsoftmax: y = x - log(sum(exp(x))), with the largest x taken off first."""

from lenet.compiler.kernel import Kernels, Request
from lenet.compiler.single import Single
from lenet.compiler.softmaxes import normalized, normalized_single

_Y = "value - largest - logarithm"


def emit(request: Request) -> Kernels:
    return normalized(
        request,
        y=_Y,
        total="slope",
        dx="slope - exp(value) * total",
    )


def emit_single(request: Request) -> Single:
    return normalized_single(request, _Y)
