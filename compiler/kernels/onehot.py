"""onehot: a 1 at the code's place."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared.codes import each_code, each_code_single
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES
from lenet.dsl.shapes import product

_DOC = "y = 1 at the places that x names, and 0 elsewhere."


def emit(request: Request) -> Kernels:
    """Nothing to learn; a set is one already."""
    node = request.node
    if node.arguments["set"]:
        return Kernels(in_place=True)
    steps, size = product(node.given), product(node.shape)
    one = f"arena[y + (code * {steps} + step) * {LANES} + lane] = np.float32(1)\n"
    body = f"clear(arena, y, y + {size * LANES})\n" + each_code(steps, one, of=node.shape[0])
    return Kernels(forward=Function("forward", ("arena", "x", "y"), _DOC, body))


def emit_single(request: Request) -> Single:
    """The same of one image."""
    node = request.node
    if node.arguments["set"]:
        return Single()
    steps, size = product(node.given), product(node.shape)
    one = f"arena[y + code * {steps} + step] = np.float32(1)\n"
    body = f"clear(arena, y, y + {size})\n" + each_code_single(steps, one, of=node.shape[0])
    return Single(single_function(_DOC, body))
