"""The loop that softmax and logsoftmax share: over places, then over channels."""

from textwrap import indent

from compiler.kernel import BACKWARD, FORWARD, Kernels, Request, function
from compiler.single import Single, single_function
from dsl.shapes import product


def normalized(request: Request, y: str, total: str, dx: str) -> Kernels:
    """Kernels of y = f(x) over the channels at each place.

    `y` is an expression of `value` (an input), `largest`, `total` (the sum of exponentials) and
    `logarithm` (its logarithm); `total` and `dx` of `value` (an output), `slope` and, for dx,
    the sum `total`.
    """
    shape = request.node.shape
    places = product(shape[1:])
    channels = f"for at in range(place * 16, {product(shape) * 16}, {places * 16}):\n"

    def over(*blocks: str) -> str:
        body = "".join(indent(block, "    ") for block in blocks)
        return f"for place in range({places}):\n{body}"

    forward = over(
        "largest = splat(np.float32(-np.inf))\n",
        channels + "    largest = maximum(largest, load(arena, x + at))\n",
        "total = splat(np.float32(0))\n",
        channels + "    total = total + exp(load(arena, x + at) - largest)\n",
        "logarithm = log(total)\n",
        channels + f"    value = load(arena, x + at)\n    store(arena, y + at, {y})\n",
    )
    backward = over(
        "total = splat(np.float32(0))\n",
        channels + "    value = load(arena, y + at)\n    slope = load(arena, dy + at)\n"
        f"    total = total + {total}\n",
        channels + "    value = load(arena, y + at)\n    slope = load(arena, dy + at)\n"
        f"    store(arena, dx + at, {dx})\n",
    )
    kind = request.node.kind
    return Kernels(
        forward=function(f"{request.name}_forward", FORWARD, f"y = {kind}(x).", forward),
        backward=function(
            f"{request.name}_backward", BACKWARD, f"dx from dy and y = {kind}(x).", backward
        ),
        keeps_output=True,
        in_place=True,
    )


def normalized_single(request: Request, y: str) -> Single:
    """The same for one image; the lanes are places."""
    shape = request.node.shape
    places = product(shape[1:])
    channels = f"for at in range(place, {product(shape)}, {places}):\n"
    body = "".join(
        indent(block, "    ")
        for block in (
            "largest = splat(np.float32(-np.inf))\n",
            channels + "    largest = maximum(largest, load_any(arena, x + at))\n",
            "total = splat(np.float32(0))\n",
            channels + "    total = total + exp(load_any(arena, x + at) - largest)\n",
            "logarithm = log(total)\n",
            channels + "    value = load_any(arena, x + at)\n"
            f"    store_first(arena, y + at, {y}, {places} - place)\n",
        )
    )
    kind = request.node.kind
    return Single(
        single_function(request, f"y = {kind}(x).", f"for place in range(0, {places}, 16):\n{body}")
    )
