"""softmax: y = exp(x) / sum(exp(x)), with the largest x taken off first."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.shared.softmaxes import normalized, normalized_single
from lenet.compiler.single_contract import Single

_Y = "exp(value - largest) / total"


def emit(request: Request) -> Kernels:
    """Over channels, at each place; dx = y * (dy - sum(dy * y))."""
    return normalized(
        request,
        y=_Y,
        total="slope * value",
        dx="value * (slope - total)",
    )


def emit_single(request: Request) -> Single:
    """Over channels, at sixteen places at a time."""
    return normalized_single(request, _Y)
