"""dot: the sum of products over all places."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared.joins import names
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES
from lenet.dsl.shapes import product

_DOC = "y = the sum of the products of the paths, place by place."


def emit(request: Request) -> Kernels:
    """A path's gradient is dy times all the others."""
    count, size = len(request.node.inputs), product(request.node.given)
    loads = "".join(f"    v{k} = load(arena, x{k} + place * {LANES})\n" for k in range(count))
    head = f"for place in range({size}):\n{loads}"
    forward = (
        f"total = splat(np.float32(0))\n{head}"
        f"    total = fma({_all_but(count - 1, count)}, v{count - 1}, total)\n"
        "store(arena, y, total)\n"
    )
    backward = f"slope = load(arena, dy)\n{head}"
    for k in range(count):
        backward += f"    store(arena, dx{k} + place * {LANES}, slope * {_all_but(k, count)})\n"
    parameters = ("arena", *names("x", count), "dy", *names("dx", count))
    return Kernels(
        forward=Function("forward", ("arena", *names("x", count), "y"), _DOC, forward),
        backward=Function("backward", parameters, "dy times the other paths.", backward),
    )


def _all_but(path: int, count: int) -> str:
    return " * ".join(f"v{j}" for j in range(count) if j != path)


def emit_single(request: Request) -> Single:
    """The same sums, with one lane that counts."""
    count, size = len(request.node.inputs), product(request.node.given)
    loads = "".join(f"    v{k} = splat(arena[x{k} + place])\n" for k in range(count))
    body = (
        f"total = splat(np.float32(0))\nfor place in range({size}):\n{loads}"
        f"    total = fma({_all_but(count - 1, count)}, v{count - 1}, total)\n"
        "store_first(arena, y, total, 1)\n"
    )
    return Single(single_function(_DOC, body, ("arena", *names("x", count), "y")))
