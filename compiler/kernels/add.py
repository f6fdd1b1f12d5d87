"""add: the sum of paths; the gradient of each is that of the sum."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.shared.joins import elementwise
from lenet.compiler.single_contract import Single, each_value


def emit(request: Request) -> Kernels:
    """y = x0 + x1 + …, all of one shape. Without backward, each path gets dy itself."""
    return elementwise(request, "the sum", " + ")


def emit_single(request: Request) -> Single:
    """Places of all paths, added in the paths' order, as for a block."""
    terms = " + ".join(f"{{x{k}}}" for k in range(len(request.node.inputs)))
    return each_value(request, "y = the sum of the paths.", terms)
