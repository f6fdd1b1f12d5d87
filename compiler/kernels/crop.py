"""crop: a map without some rows and columns at its sides."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.shared.margins import Margins, inner, inner_single
from lenet.compiler.single_contract import Single

_DOC = "y = x without the rows and columns at its sides."


def _margins(request: Request) -> Margins:
    return Margins.of(request.node.shape, request.node.arguments["margins"])


def emit(request: Request) -> Kernels:
    """Copies, of rows of x (channels, height, width)."""
    return inner(_margins(request), _DOC)


def emit_single(request: Request) -> Single:
    """The same of one image."""
    return inner_single(_margins(request), _DOC)
