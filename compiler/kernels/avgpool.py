"""avgpool: the mean of each window."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared import texts
from lenet.compiler.kernels.shared.windows import (
    Windows,
    pool_by_places,
    pool_single,
    takes_places,
)
from lenet.compiler.single_contract import Single, single_function
from lenet.dsl.shapes import product

__all__ = ["emit", "emit_single", "takes_places"]


def emit(request: Request) -> Kernels:
    """x (channels, height, width). Backward gives each place of a window dy over the window's
    places; where windows overlap, the sum of these."""
    if texts.is_of_text(request.node):
        return texts.mean(request)
    w = Windows.of(request.node)
    part, own = "", f"part = splat({w.part})\n"  # that of each window
    if not any(w.ends):
        part, own = own, ""
    forward = part + w.loop(
        before=own + "total = splat(np.float32(0))",
        inside="total = total + load(arena, x + source * 16)",
        after="store(arena, y + place * 16, total * part)",
    )
    backward = part + "zero = splat(np.float32(0))\n"
    if not w.covers or w.overlap:
        backward += f"for place in range({product(request.node.given)}):\n"
        backward += "    store(arena, dx + place * 16, zero)\n"
    backward += w.loop(
        before=own + "slope = load(arena, dy + place * 16) * part",
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
    """A window's sum, from 0 on, times one over its places in the map."""
    if texts.is_of_text(request.node):
        more, part = "total = total + value", "total / np.float32(known)"
        return texts.single(request, "y = the mean of x.", "np.float32(0)", more, part)
    w, doc = Windows.of(request.node), "y = the mean of each window of x."
    if request.by_places:
        end = "total * splat({part})"
        return pool_by_places(request, doc, "splat(np.float32(0))", "total + value", end)
    if any(w.ends):
        body = w.loop(
            before="total = np.float32(0)",
            inside="total += arena[x + source]",
            after=f"arena[y + place] = total * ({w.part})",
        )
        return Single(single_function(doc, body))
    return pool_single(request, doc, "np.float32(0)", largest=False)
