"""layernorm: over the channels at each place, or over all values of an image."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.shared.norm_of_groups import Groups
from lenet.compiler.kernels.shared.norm_of_places import Places
from lenet.compiler.single_contract import Single


def emit(request: Request) -> Kernels:
    """Scale and shift are one a channel."""
    return _norm(request).emit()


def emit_single(request: Request) -> Single:
    """With the same bits as in a block."""
    return _norm(request).emit_single()


def _norm(request: Request) -> Groups | Places:
    """A vector's channels are all that it has."""
    whole = request.node.arguments["values"] == "all" or len(request.node.given) == 1
    return Groups(request, 1) if whole else Places(request)
