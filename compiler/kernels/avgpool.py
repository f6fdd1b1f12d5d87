"""avgpool: the mean of each window."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared.windows import Windows, pool_single
from lenet.compiler.single_contract import Single
from lenet.dsl.shapes import product


def emit(request: Request) -> Kernels:
    """x (channels, height, width). Backward gives each place of a window dy over the window's
    places; where windows overlap, the sum of these."""
    w = Windows.of(request.node)
    part = f"part = splat(np.float32({1 / product(w.window)!r}))\n"
    forward = part + w.loop(
        before="total = splat(np.float32(0))",
        inside="total = total + load(arena, x + source * 16)",
        after="store(arena, y + place * 16, total * part)",
    )
    backward = part + "zero = splat(np.float32(0))\n"
    if not w.covers or w.overlap:
        backward += f"for place in range({product(request.node.given)}):\n"
        backward += "    store(arena, dx + place * 16, zero)\n"
    backward += w.loop(
        before="slope = load(arena, dy + place * 16) * part",
        inside="store(arena, dx + source * 16, load(arena, dx + source * 16) + slope)"
        if w.overlap
        else "store(arena, dx + source * 16, slope)",
        after="",
    )
    return Kernels(
        forward=Function(
            "forward", ("arena", "x", "y"), "y = the mean of each window of x.", forward
        ),
        backward=Function(
            "backward", ("arena", "dy", "dx"), "Each place of a window gets its part.", backward
        ),
    )


def emit_single(request: Request) -> Single:
    """A window's sum, from 0 on, times one over its places."""
    return pool_single(request, "np.float32(0)", largest=False)
