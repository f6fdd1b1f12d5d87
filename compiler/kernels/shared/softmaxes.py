"""The loop that softmax and logsoftmax share: over places, then over channels."""

from textwrap import indent

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES
from lenet.dsl.shapes import product


def normalized(
    request: Request, y: str, total: str, dx: str, negative: bool = False,
    rubbish: float | None = None,
) -> Kernels:  # fmt: skip
    """Kernels of y = f(x) over the channels at each place.

    `y` is an expression of `value` (an input), `largest`, `total` (the sum of exponentials) and
    `logarithm` (its logarithm); `total` and `dx` of `value` (an output), `slope` and, for dx,
    the sum `total`. With `negative`, -x is taken for x; `rubbish` is the x of one more class.
    """
    shape = request.node.shape
    places = product(shape[1:])
    channels = f"for at in range(place * {LANES}, {product(shape) * LANES}, {places * LANES}):\n"

    def over(*blocks: str) -> str:
        body = "".join(indent(block, "    ") for block in blocks)
        return f"for place in range({places}):\n{body}"

    forward = over(*_forward(channels, "load", negative, rubbish, f"store(arena, y + at, {y})"))
    backward = over(
        "total = splat(np.float32(0))\n",
        channels + "    value = load(arena, y + at)\n    slope = load(arena, dy + at)\n"
        f"    total = total + {total}\n",
        channels + "    value = load(arena, y + at)\n    slope = load(arena, dy + at)\n"
        f"    store(arena, dx + at, {dx})\n",
    )
    kind = request.node.kind
    return Kernels(
        forward=Function("forward", ("arena", "x", "y"), f"y = {kind}(x).", forward),
        backward=Function(
            "backward", ("arena", "y", "dy", "dx"), f"dx from dy and y = {kind}(x).", backward
        ),
        in_place=True,
    )


def _forward(
    channels: str, load: str, negative: bool, rubbish: float | None, store: str
) -> tuple[str, ...]:
    sign = "splat(np.float32(0)) - " if negative else ""
    first, start = "-np.inf", "splat(np.float32(0))"
    if rubbish is not None:
        first = repr(-rubbish if negative else rubbish)
        start = f"exp(splat(np.float32({first})) - largest)"
    return (
        f"largest = splat(np.float32({first}))\n",
        channels + f"    largest = maximum(largest, {sign}{load}(arena, x + at))\n",
        f"total = {start}\n",
        channels + f"    total = total + exp({sign}{load}(arena, x + at) - largest)\n",
        "logarithm = log(total)\n",
        channels + f"    value = {sign}{load}(arena, x + at)\n    {store}\n",
    )


def normalized_single(
    request: Request, y: str, negative: bool = False, rubbish: float | None = None
) -> Single:
    """The same for one image; the lanes are places."""
    shape = request.node.shape
    places = product(shape[1:])
    channels = f"for at in range(place, {product(shape)}, {places}):\n"
    body = "".join(
        indent(block, "    ")
        for block in _forward(
            channels,
            "load_any",
            negative,
            rubbish,
            f"store_first(arena, y + at, {y}, {places} - place)",
        )  # fmt: skip
    )
    kind = request.node.kind
    body = f"for place in range(0, {places}, {LANES}):\n{body}"
    return Single(single_function(f"y = {kind}(x).", body))
