"""stochasticdepth: dropout of all values of an image together."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.shared.dropped import dropped
from lenet.compiler.single_contract import Single
from lenet.dsl.shapes import product


def emit(request: Request) -> Kernels:
    """One random number an image."""
    size = product(request.node.shape)
    return dropped(request, request.node.arguments["probability"], size)


def emit_single(request: Request) -> Single:
    """Nothing: it is for training only."""
    return Single()
