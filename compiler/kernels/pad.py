"""pad: a map among zeros."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.shared.margins import Margins, outer, outer_single
from lenet.compiler.single_contract import Single

_DOC = "y = x among zeros."


def _margins(request: Request) -> Margins:
    return Margins.of(request.node.given, request.node.arguments["margins"])


def emit(request: Request) -> Kernels:
    """Copies, of x (channels, height, width) into the rows of y."""
    return outer(_margins(request), _DOC)


def emit_single(request: Request) -> Single:
    """The same of one image."""
    return outer_single(_margins(request), _DOC)
