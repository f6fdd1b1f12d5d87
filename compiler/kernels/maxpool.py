"""maxpool: the largest value of each window; its place is kept a byte a lane for backward."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared import texts
from lenet.compiler.kernels.shared.windows import (
    Windows,
    pool_by_places,
    pool_single,
    takes_places,
)
from lenet.compiler.single_contract import Single
from lenet.compiler.target import LANES
from lenet.dsl.shapes import product

__all__ = ["emit", "emit_single", "takes_places"]


def emit(request: Request) -> Kernels:
    """x (channels, height, width). The winner is the first of equal values, or a NaN; its number
    in the window takes a byte up to 256 places, else 32 bits. Backward gives it all of dy."""
    if texts.is_of_text(request.node):
        return texts.largest(request)
    w = Windows.of(request.node)
    places = product(request.node.shape)
    small = product(w.window) <= 256
    keep = "store_bytes(arena, saved + place * 4, index)"
    read = "load_bytes(arena, saved + place * 4)"
    if not small:
        keep = "store(arena, saved + place * 16, from_bits(index))"
        read = "load_bits(arena, saved + place * 16)"
    forward = w.loop(
        before="""
best = splat(np.float32(-np.inf))
index = splat_int(0)
""",
        inside=f"""
value = load(arena, x + source * 16)
index = choose_index(value, best, splat_int(i * {w.window[1]} + j), index)
best = choose_value(value, best)
""",
        after=f"""
store(arena, y + place * 16, best)
if saved >= 0:
    {keep}
""",
    )
    chosen = f"select_equal(winner, splat_int(i * {w.window[1]} + j), slope, zero)"
    if w.overlap:
        chosen = f"load(arena, dx + source * 16) + {chosen}"
    backward = "zero = splat(np.float32(0))\n"
    if not w.covers or w.overlap:
        backward += f"for place in range({product(request.node.given)}):\n"
        backward += "    store(arena, dx + place * 16, zero)\n"
    backward += w.loop(
        before=f"""
slope = load(arena, dy + place * 16)
winner = {read}
""",
        inside=f"store(arena, dx + source * 16, {chosen})",
        after="",
    )
    return Kernels(
        forward=Function(
            "forward", ("arena", "x", "y", "saved"), "y = the largest of each window of x.", forward
        ),
        backward=Function(
            "backward", ("arena", "saved", "dy", "dx"), "dy goes to each window's winner.", backward
        ),
        saved=places * (LANES // 4 if small else LANES),
    )


def emit_single(request: Request) -> Single:
    """The padding is -inf, which no value loses to."""
    if texts.is_of_text(request.node):
        start, larger = "arena[first]", "total = value if not value <= total else total"
        return texts.single(request, "y = the largest of x.", start, larger, "total")
    doc = "y = the largest of each window of x."
    if request.by_places:
        more = "choose_value(value, total)"
        return pool_by_places(request, doc, "splat(np.float32(-np.inf))", more, "total")
    return pool_single(request, doc, "np.float32(-np.inf)", largest=True)
