"""add: the sum of paths; the gradient of each is that of the sum."""

from compiler.joins import elementwise
from compiler.kernel import Kernels, Request
from compiler.single import Single, each_value


def emit(request: Request) -> Kernels:
    return elementwise(request, "the sum", " + ")


def emit_single(request: Request) -> Single:
    terms = " + ".join(f"{{x{k}}}" for k in range(len(request.node.inputs)))
    return each_value(request, "y = the sum of the paths.", terms)
