"""bag: counts of codes."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared.codes import each_code, each_code_single
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES
from lenet.dsl.shapes import product

_DOC = "y = how often x names each place."


def emit(request: Request) -> Kernels:
    """Nothing to learn."""
    node = request.node
    more = f"arena[y + code * {LANES} + lane] += np.float32(1)\n"
    body = f"clear(arena, y, y + {node.shape[0] * LANES})\n"
    body += each_code(product(node.given), more, of=node.shape[0])
    return Kernels(forward=Function("forward", ("arena", "x", "y"), _DOC, body))


def emit_single(request: Request) -> Single:
    """The same of one image."""
    node = request.node
    more = "arena[y + code] += np.float32(1)\n"
    body = f"clear(arena, y, y + {node.shape[0]})\n"
    body += each_code_single(product(node.given), more, of=node.shape[0])
    return Single(single_function(_DOC, body))
