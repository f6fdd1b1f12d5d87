"""last: one value of each channel."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared import texts
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES

_DOC = "y = the last step of x."


def emit(request: Request) -> Kernels:
    """Copies; backward, zeros at all other steps."""
    if texts.is_of_text(request.node):
        return texts.at_end(request)
    channels, _, steps = request.node.given
    last = (steps - 1) * LANES
    forward = (
        f"for channel in range({channels}):\n"
        f"    at = x + channel * {steps * LANES} + {last}\n"
        f"    store(arena, y + channel * {LANES}, load(arena, at))\n"
    )
    backward = (
        f"clear(arena, dx, dx + {channels * steps * LANES})\n"
        f"for channel in range({channels}):\n"
        f"    at = dx + channel * {steps * LANES} + {last}\n"
        f"    store(arena, at, load(arena, dy + channel * {LANES}))\n"
    )
    return Kernels(
        forward=Function("forward", ("arena", "x", "y"), _DOC, forward),
        backward=Function("backward", ("arena", "dy", "dx"), "dx = dy at the last step.", backward),
    )


def emit_single(request: Request) -> Single:
    """The same of one image."""
    if texts.is_of_text(request.node):
        return texts.single(request, _DOC, "np.float32(0)", "total = value", "total")
    channels, _, steps = request.node.given
    body = (
        f"for channel in range({channels}):\n"
        f"    arena[y + channel] = arena[x + channel * {steps} + {steps - 1}]\n"
    )
    return Single(single_function(_DOC, body))
