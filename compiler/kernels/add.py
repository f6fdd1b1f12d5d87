"""add: the sum of paths; the gradient of each is that of the sum."""

from lenet.compiler.joins import elementwise
from lenet.compiler.kernel import Kernels, Request
from lenet.compiler.single import Single, each_value


def emit(request: Request) -> Kernels:
    return elementwise(request, "the sum", " + ")


def emit_single(request: Request) -> Single:
    terms = " + ".join(f"{{x{k}}}" for k in range(len(request.node.inputs)))
    return each_value(request, "y = the sum of the paths.", terms)
