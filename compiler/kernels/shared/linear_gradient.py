"""Gradients of linear layers: with those of all layers, or late (compiler/codegen/late.py)."""

from lenet.compiler.contract import GRADIENT, Request
from lenet.compiler.function import NAME, Function
from lenet.compiler.kernels.shared.tile_source import product_source
from lenet.compiler.target import BLOCKS, LANES, split

_Loops = list[tuple[tuple[int, int, int], list[tuple[str, str]]]]


def padded(outputs: int) -> int:
    """The floats that a row of so many takes."""
    return -(-outputs // LANES) * LANES


def gradient_of(
    request: Request, inputs: int, outputs: int, weight: str, bias: str | None
) -> Function:
    """Of the weights and the bias. dy is turned first, so that lanes are outputs, and no lanes have
    to be summed."""
    row = padded(outputs)
    tiles, loops = _products(request, inputs, outputs, inputs * LANES, row * LANES)
    body = _turned(outputs)
    for (first, last, lefts), inner in loops:
        body += f"for feature in range({first}, {last}, {lefts}):\n"
        for outer, tile in inner:
            body += (
                f"    {outer}\n"
                f"        {tile}(arena, x + feature * {LANES}, arena, scratch + output, "
                f"blocks, gradient, {weight} + feature * {outputs} + output, first)\n"
            )
    body += _bias_gradient(outputs, bias)
    doc = "The gradients of the weights and the bias, added to those of the images before `first`."
    parameters = (*GRADIENT, "scratch", "blocks", "first")
    return Function("gradient", parameters, doc, body, f"{tiles}\n\n")


def _turned(outputs: int) -> str:
    row = padded(outputs)
    return (
        f"for block in range(blocks):\n"
        f"    turn(arena, dy + block * {outputs * LANES}, {outputs}, "
        f"scratch + block * {row * LANES}, {row})\n"
    )


def _products(
    request: Request, inputs: int, outputs: int, x_row: int, dy_row: int
) -> tuple[str, _Loops]:
    """Tiles of x times the turned dy, of which blocks are so far apart; for each range of features
    the loops over outputs, with their tiles."""
    width, tiles, loops = request.target.width, "", []
    lefts_most, rights_most = request.target.product
    whole, tail = divmod(outputs, width)
    rights_runs = [(*run, width) for run in split(whole, rights_most)] if whole else []
    if tail:
        rights_runs.append((whole, 1, 1, tail))
    for first_input, lefts, input_parts in split(inputs, lefts_most):
        inner = []
        for first, rights, parts, last in rights_runs:
            tile = f"{NAME}_gradient_{lefts}x{(rights - 1) * width + last}"
            tiles += product_source(
                tile,
                width=width,
                lefts=lefts,
                rights=rights,
                tail=last,
                x_row=x_row,
                dy_row=dy_row,
                dy_lane=padded(outputs),
                g_left=outputs,
            )
            step = rights * width
            end = first * width + step * parts
            inner.append((f"for output in range({first * width}, {end}, {step}):", tile))
        loops.append(((first_input, first_input + lefts * input_parts, lefts), inner))
    return tiles, loops


def _bias_gradient(outputs: int, bias: str | None) -> str:
    if bias is None:
        return ""
    return (
        f"for output in range({outputs}):\n"
        f"    total = splat(np.float32(0))\n"
        f"    for block in range(blocks):\n"
        f"        total = total + load(arena, dy + (block * {outputs} + output) * {LANES})\n"
        f"    before = gradient[{bias} + output] if first else np.float32(0)\n"
        f"    gradient[{bias} + output] = before + lane_sum(total)\n"
    )


def factor_floats(inputs: int, outputs: int) -> int:
    """Of a block: x, and dy turned."""
    return LANES * (inputs + padded(outputs))


def factors_of(inputs: int, outputs: int, bias: str | None) -> Function:
    """Leaves what the gradient of the weights is the product of; and that of the bias."""
    row = padded(outputs)
    body = _turned(outputs) + (
        f"for block in range(blocks):\n"
        f"    at = f + block * {factor_floats(inputs, outputs)}\n"
        f"    for k in range(0, {inputs * LANES}, {LANES}):\n"
        f"        store(factors, at + k, load(arena, x + block * {inputs * LANES} + k))\n"
        f"    for k in range(0, {row * LANES}, {LANES}):\n"
        f"        store(factors, at + {inputs * LANES} + k, "
        f"load(arena, scratch + block * {row * LANES} + k))\n"
    )
    body += _bias_gradient(outputs, bias)
    doc = "The factors of the weights' gradients; that of the bias is added to what is there."
    parameters = (*GRADIENT, "scratch", "factors", "f", "blocks", "first")
    return Function("gradient", parameters, doc, body)


def late_of(request: Request, inputs: int, outputs: int) -> Function:
    """The product of such factors."""
    size = factor_floats(inputs, outputs)
    tiles, loops = _products(request, inputs, outputs, size, size)
    body = (
        f"for block in range(0, count, {BLOCKS}):\n"
        f"    blocks = min({BLOCKS}, count - block)\n"
        f"    x = f + block * {size}\n"
    )
    for (first, last, lefts), inner in loops:
        body += f"    for feature in range(max(begin, {first}), min(end, {last}), {lefts}):\n"
        for outer, tile in inner:
            body += (
                f"        {outer}\n"
                f"            {tile}(factors, x + feature * {LANES}, factors, "
                f"x + {inputs * LANES} + output, blocks, gradient, "
                f"place + (feature - begin) * {outputs} + output, block)\n"
            )
    doc = "The gradients of the weights of the inputs begin to end, of all blocks."
    parameters = ("factors", "f", "count", "begin", "end", "gradient", "place")
    return Function("late", parameters, doc, body, f"{tiles}\n\n")
