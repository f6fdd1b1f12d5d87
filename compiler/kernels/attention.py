"""attention: what its heads make of queries, keys and values (compiler/passes has put the
projections to these, and the one behind, into layers of their own)."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.heads import block, single
from lenet.compiler.kernels.heads.geometry import Heads
from lenet.compiler.single_contract import Single


def emit(request: Request) -> Kernels:
    """x (3 times the channels, 1, steps), y (channels, 1, steps)."""
    return block.emit(Heads.of(request))


def emit_single(request: Request) -> Single:
    """With the same bits as in a block."""
    return single.emit(Heads.of(request))
