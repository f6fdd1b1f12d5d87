"""linear: a matrix product whose columns are the blocks of a group."""

from compiler.kernel import BACKWARD, FORWARD, GRADIENT, Kernels, Request, function
from compiler.target import BLOCKS, LANES, split
from compiler.tile_source import correlation_source, outer_product_source


def emit(request: Request) -> Kernels:
    inputs, outputs = request.node.given[0], request.node.shape[0]
    weight, bias = request.offsets["weight"], request.offsets.get("bias")
    forward = _product(
        request, "forward", FORWARD, "y = x times the weights, plus the bias.",
        ("x", "y"), inputs, outputs, w_channel=outputs, w_output=1, bias=bias,
    )  # fmt: skip
    backward = _product(
        request, "backward", BACKWARD, "dx = dy times the transposed weights.",
        ("dy", "dx"), outputs, inputs, w_channel=1, w_output=outputs, bias=None,
    )  # fmt: skip
    return Kernels(
        forward=forward,
        backward=backward,
        gradient=_gradient(request, inputs, outputs, weight, bias),
        scope="group",
    )


def _product(
    request: Request, suffix: str, arguments: str, doc: str, ends: tuple[str, str], inputs: int,
    outputs: int, w_channel: int, w_output: int, bias: int | None,
) -> str:  # fmt: skip
    name = f"{request.name}_{suffix}"
    weight = request.offsets["weight"]
    x, y = ends
    source, body = "", "block = 0\n"
    columns = BLOCKS
    while columns:
        body += f"while block + {columns} <= blocks:\n"
        for start, size, parts in split(outputs, request.target.outputs(columns)):
            tile = f"{name}_{size}x{columns}"
            source += correlation_source(
                tile,
                outputs=size,
                columns=columns,
                taps=tuple((j, j, 0) for j in range(columns)),
                x_channel=LANES,
                x_row=0,
                x_column=inputs * LANES,
                w_channel=w_channel,
                w_row=0,
                w_tap=0,
                w_output=w_output,
                y_output=LANES,
                y_column=outputs * LANES,
                bias=bias is not None,
            )
            body += (
                f"    for output in range({start}, {start + size * parts}, {size}):\n"
                f"        {tile}(arena, {x} + block * {inputs * LANES}, {inputs}, 1, weights, "
                f"{weight} + output * {w_output}, {bias or 0} + output, arena, "
                f"{y} + (block * {outputs} + output) * {LANES})\n"
            )
        body += f"    block += {columns}\n"
        columns //= 2
    return source + "\n\n" + function(name, f"{arguments}, blocks", doc, body)


def _gradient(request: Request, inputs: int, outputs: int, weight: int, bias: int | None) -> str:
    name = f"{request.name}_gradient"
    source, body = "", ""
    for first_input, lefts, input_parts in split(inputs, 4):
        body += (
            f"for feature in range({first_input}, {first_input + lefts * input_parts}, {lefts}):\n"
        )
        for first_output, rights, parts in split(outputs, request.target.rights(lefts)):
            tile = f"{name}_{lefts}x{rights}"
            source += outer_product_source(
                tile,
                lefts=tuple((k * LANES, k * outputs) for k in range(lefts)),
                rights=rights,
                edges=(),
                columns=1,
                x_start=0,
                dy_start=0,
                x_row=inputs * LANES,
                x_column=0,
                dy_row=outputs * LANES,
                dy_column=0,
                dy_right=LANES,
            )
            body += (
                f"    for output in range({first_output}, {first_output + rights * parts}, "
                f"{rights}):\n"
                f"        {tile}(arena, x + feature * {LANES}, arena, dy + output * {LANES}, "
                f"blocks, gradient, {weight} + feature * {outputs} + output)\n"
            )
    if bias is not None:
        body += (
            f"for output in range({outputs}):\n"
            f"    total = splat(np.float32(0))\n"
            f"    for block in range(blocks):\n"
            f"        total = total + load(arena, dy + (block * {outputs} + output) * {LANES})\n"
            f"    gradient[{bias} + output] += lane_sum(total)\n"
        )
    doc = "The gradients of the weights and the bias, added to those so far."
    return source + "\n\n" + function(name, f"{GRADIENT}, blocks", doc, body)
