"""embed: rows of a table, which is limited by memory: a row is read from its first value on."""

from lenet.compiler.contract import FORWARD, GRADIENT, Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared.codes import each_code, each_code_single
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES
from lenet.dsl.shapes import product

_GRADIENT = (*GRADIENT, "m")
_DOC = "y = the rows of the table that x names, 0 where it names none."
_OF_SET = "y = the mean of the rows of the table that x marks, 0 where it marks none."


def emit(request: Request) -> Kernels:
    """The weights are [code][value]. The gradient of a row is the sum of those of the places that
    name it, in their order."""
    node, weight = request.node, request.offsets["weight"]
    size, rows = node.shape[0], _rows(request)
    if node.arguments["set"]:
        return _of_set(request, size, int(node.arguments["of"]))
    steps = product(node.given)
    row, slope = (f"{a}[{weight} + code * {size} + k]" for a in ("weights", "gradient"))
    at = f"(k * {steps} + step) * {LANES} + lane"
    copied = f"for k in range({size}):\n    arena[y + {at}] = {row}\n"
    zeros = f"for k in range({size}):\n    arena[y + {at}] = np.float32(0)\n"
    added = f"gradient[m + code] = np.float32(1)\nfor k in range({size}):\n"
    added += f"    {slope} += arena[dy + {at}]\n"
    return Kernels(
        forward=Function("forward", FORWARD, _DOC, each_code(steps, copied, zeros, rows)),
        gradient=Function(
            "gradient", _GRADIENT, "The gradients of the rows that x names.",
            each_code(steps, added, of=rows),
        ),
    )  # fmt: skip


def _rows(request: Request) -> int:
    return int(request.node.parameters[0].shape[0])


def _of_set(request: Request, size: int, rows: int) -> Kernels:
    """x has a 0 or a 1 for each row."""
    weight = request.offsets["weight"]
    share = (
        "count = splat(np.float32(0))\n"
        f"for code in range({rows}):\n"
        f"    count = count + load(arena, x + code * {LANES})\n"
        "share = splat(np.float32(1)) / maximum(count, splat(np.float32(1)))\n"
    )
    forward = (
        f"{share}for k in range({size}):\n"
        "    total = splat(np.float32(0))\n"
        f"    for code in range({rows}):\n"
        f"        row = splat(weights[{weight} + code * {size} + k])\n"
        f"        total = fma(load(arena, x + code * {LANES}), row, total)\n"
        f"    store(arena, y + k * {LANES}, total * share)\n"
    )
    gradient = (
        f"{share}for code in range({rows}):\n"
        f"    marked = load(arena, x + code * {LANES}) * share\n"
        "    gradient[m + code] = np.float32(1)\n"
        f"    for k in range({size}):\n"
        f"        slope = marked * load(arena, dy + k * {LANES})\n"
        f"        gradient[{weight} + code * {size} + k] += lane_sum(slope)\n"
    )
    return Kernels(
        forward=Function("forward", FORWARD, _OF_SET, forward),
        gradient=Function("gradient", _GRADIENT, "The gradients of the rows.", gradient),
    )


def emit_single(request: Request) -> Single:
    """The same of one image, with the same sums."""
    node, weight = request.node, request.offsets["weight"]
    size, rows = node.shape[0], _rows(request)
    parameters = ("arena", "weights", "w", "x", "y")
    if not node.arguments["set"]:
        steps = product(node.given)
        at, row = f"k * {steps} + step", f"weights[{weight} + code * {size} + k]"
        copied = f"for k in range({size}):\n    arena[y + {at}] = {row}\n"
        zeros = f"for k in range({size}):\n    arena[y + {at}] = np.float32(0)\n"
        body = each_code_single(steps, copied, zeros, rows)
        return Single(single_function(_DOC, body, parameters))
    rows = int(node.arguments["of"])  # what is not known marks no row of a set
    body = (
        "count = splat(np.float32(0))\n"
        f"for code in range({rows}):\n"
        "    count = count + splat(arena[x + code])\n"
        "share = splat(np.float32(1)) / maximum(count, splat(np.float32(1)))\n"
        f"for k in range({size}):\n"
        "    total = splat(np.float32(0))\n"
        f"    for code in range({rows}):\n"
        f"        row = splat(weights[{weight} + code * {size} + k])\n"
        "        total = fma(splat(arena[x + code]), row, total)\n"
        "    store_first(arena, y + k, total * share, 1)\n"
    )
    return Single(single_function(_OF_SET, body, parameters))
