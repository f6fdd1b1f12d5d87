"""add: the sum of paths; the gradient of each is that of the sum."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.shared.joins import elementwise
from lenet.compiler.single_contract import Single, each_value


def emit(request: Request) -> Kernels:
    return elementwise(request, "the sum", " + ")


def emit_single(request: Request) -> Single:
    terms = " + ".join(f"{{x{k}}}" for k in range(len(request.node.inputs)))
    return each_value(request, "y = the sum of the paths.", terms)
