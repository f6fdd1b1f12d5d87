"""instancenorm: over each channel of an image."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.shared.norm_of_groups import Groups
from lenet.compiler.single_contract import Single


def emit(request: Request) -> Kernels:
    """With `affine`, scale and shift are one a channel; else it has no parameters."""
    return _norm(request).emit()


def emit_single(request: Request) -> Single:
    """With the same bits as in a block."""
    return _norm(request).emit_single()


def _norm(request: Request) -> Groups:
    return Groups(request, request.node.given[0])
