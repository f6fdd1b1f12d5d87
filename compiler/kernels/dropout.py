"""dropout: the mask is a hash of (seed, epoch, row) and the value's place, and never stored."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.shared.dropped import dropped
from lenet.compiler.single_contract import Single
from lenet.dsl.shapes import product


def emit(request: Request) -> Kernels:
    """A mask for each value, or for each channel."""
    shape, arguments = request.node.shape, request.node.arguments
    together = product(shape[1:]) if arguments["channels"] else 1
    return dropped(request, arguments["probability"], together)


def emit_single(request: Request) -> Single:
    """Nothing: it is for training only."""
    return Single()
