"""shuffle: channels in another order, one of each group in turn."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES
from lenet.dsl.shapes import product


def emit(request: Request) -> Kernels:
    """Copies, a channel at a time."""
    size = product(request.node.shape[1:]) * LANES

    def copies(to: str, source: str) -> str:
        return _loop(request, f"copy(arena, {to} * {size}, {source} * {size}, {size})")

    doc = "y = x with one channel of each group in turn."
    forward = copies("y + new", "x + old")
    backward = copies("dx + old", "dy + new")
    return Kernels(
        forward=Function("forward", ("arena", "x", "y"), doc, forward),
        backward=Function("backward", ("arena", "dy", "dx"), "dx = dy, put back.", backward),
    )


def emit_single(request: Request) -> Single:
    """The same of one image."""
    size = product(request.node.shape[1:])
    inside = f"copy_any(arena, y + new * {size}, x + old * {size}, {size})"
    doc = "y = x with one channel of each group in turn."
    return Single(single_function(doc, _loop(request, inside), ("arena", "x", "y")))


def _loop(request: Request, inside: str) -> str:
    """`inside` for each channel, `old` in x and `new` in y."""
    groups = int(request.node.arguments["groups"][0])
    each = request.node.shape[0] // groups
    return (
        f"for group in range({groups}):\n"
        f"    for member in range({each}):\n"
        f"        old = group * {each} + member\n"
        f"        new = member * {groups} + group\n"
        f"        {inside}\n"
    )
