"""logsoftmax: y = x - log(sum(exp(x))), with the largest x taken off first."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.shared.softmaxes import normalized, normalized_single
from lenet.compiler.single_contract import Single

_Y = "value - largest - logarithm"


def emit(request: Request) -> Kernels:
    """Over channels, at each place; dx = dy - exp(y) * sum(dy)."""
    return normalized(
        request,
        y=_Y,
        total="slope",
        dx="slope - exp(value) * total",
    )


def emit_single(request: Request) -> Single:
    """Over channels, at sixteen places at a time."""
    return normalized_single(request, _Y)
