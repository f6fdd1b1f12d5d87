"""slice: channels that follow each other, which lie in one piece."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.shared.margins import Margins, inner, inner_single
from lenet.compiler.single_contract import Single
from lenet.dsl.shapes import product

_DOC = "y = some channels of x."


def _margins(request: Request) -> Margins:
    node = request.node
    first, count = int(node.arguments["first"][0]), node.shape[0]
    behind = node.given[0] - first - count
    return Margins.of((1, count, product(node.shape[1:])), (first, behind, 0, 0))


def emit(request: Request) -> Kernels:
    """A copy; backward, zeros around it."""
    return inner(_margins(request), _DOC)


def emit_single(request: Request) -> Single:
    """The same of one image."""
    return inner_single(_margins(request), _DOC)
