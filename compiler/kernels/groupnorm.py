"""groupnorm: over groups of channels of an image."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.shared.norm_of_groups import Groups
from lenet.compiler.single_contract import Single


def emit(request: Request) -> Kernels:
    """Scale and shift are one a channel."""
    return _norm(request).emit()


def emit_single(request: Request) -> Single:
    """With the same bits as in a block."""
    return _norm(request).emit_single()


def _norm(request: Request) -> Groups:
    return Groups(request, int(request.node.arguments["groups"][0]))
