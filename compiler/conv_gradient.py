"""The gradient of a convolution's weights: loops around outer products."""

from compiler.conv_geometry import Geometry, Gradient
from compiler.kernel import GRADIENT, Request, function
from compiler.target import LANES, split
from compiler.tile_source import outer_product_source


def gradient(request: Request, g: Geometry) -> Gradient:
    (kh, kw), sh, (ph, pw) = g.kernel, g.stride[0], g.padding
    name = f"{request.name}_gradient"
    weight = request.offsets["weight"]
    source = ""
    body = f"for kernel_row in range({kh}):\n"
    if ph:
        body += (
            f"    first = max(0, ({ph} - kernel_row + {sh - 1}) // {sh})\n"
            f"    last = min({g.out_height}, ({g.height - 1 + ph} - kernel_row) // {sh} + 1)\n"
            f"    rows = max(0, last - first)\n"
        )
    else:
        body += f"    first = 0\n    rows = {g.out_height}\n"
    body += f"    top = first * {sh} - {ph} + kernel_row\n"
    for start, taps, tap_parts in split(kw, request.target.lefts):
        most_channels = max(1, request.target.lefts // taps)
        for first_channel, channels, channel_parts in split(g.inputs, most_channels):
            body += (
                f"    for channel in range({first_channel}, "
                f"{first_channel + channels * channel_parts}, {channels}):\n"
            )
            lefts = tuple(
                (
                    (c * g.height * g.width + k) * LANES,
                    c * g.weight_channel + k * g.outputs,
                )
                for c in range(channels)
                for k in range(taps)
            )
            rights_most = request.target.rights(len(lefts))
            for first_output, rights, output_parts in split(g.outputs, rights_most):
                body += (
                    f"        for output in range({first_output}, "
                    f"{first_output + rights * output_parts}, {rights}):\n"
                )
                for part in range(tap_parts):
                    tap = start + part * taps
                    tile = f"{name}_{len(lefts)}x{rights}_at_{tap}"
                    source += _outer_source(
                        tile, g, request.target.width, lefts, rights, tap, taps, channels
                    )
                    body += (
                        f"            {tile}(arena, x + ((channel * {g.height} + top) * "
                        f"{g.width} + {tap - pw}) * {LANES}, arena, dy + (output * "
                        f"{g.out_height} + first) * {g.out_width * LANES}, rows, gradient, "
                        f"{weight} + channel * {g.weight_channel} + kernel_row * "
                        f"{g.weight_row} + {tap * g.outputs} + output, before)\n"
                    )
    body += bias_gradient(request, g)
    doc = "The gradients of the weights and the bias, added to those so far."
    return Gradient(source + "\n\n" + function(name, f"{GRADIENT}, before", doc, body))


def bias_gradient(request: Request, g: Geometry, of_group: bool = False) -> str:
    """Statements: of one block, or of all blocks of a group."""
    if "bias" not in request.offsets:
        return ""
    size, bias = g.out_height * g.out_width, f"gradient[{request.offsets['bias']} + output]"
    body = (
        f"for output in range({g.outputs}):\n"
        f"    total = {bias} if {'first' if of_group else 'before'} else np.float32(0)\n"
    )
    if not of_group:
        return f"{body}    {bias} = total + sum_all(arena, dy + output * {size * LANES}, {size})\n"
    return (
        f"{body}    for block in range(blocks):\n"
        f"        total += sum_all(arena, dy + (block * {g.outputs} + output) * {size * LANES}, "
        f"{size})\n"
        f"    {bias} = total\n"
    )


def _outer_source(
    tile: str, g: Geometry, width: int, lefts: tuple[tuple[int, int], ...], rights: int, tap: int,
    taps: int, channels: int,
) -> str:  # fmt: skip
    """The tile for kernel columns [tap, tap + taps) of some input channels."""
    stride, padding = g.stride[1], g.padding[1]

    def inside(column: int, k: int) -> bool:
        return 0 <= column * stride - padding + tap + k < g.width

    edges, whole = [], []
    for column in range(g.out_width):
        counted = [k for k in range(taps) if inside(column, k)]
        if len(counted) == taps:
            whole.append(column)
        elif counted:
            members = tuple(c * taps + k for c in range(channels) for k in counted)
            edges.append((column * stride * LANES, column * LANES, members))
    first = whole[0] if whole else 0
    values = {
        "width": width,
        "lefts": lefts,
        "rights": rights,
        "edges": tuple(edges),
        "columns": len(whole),
        "x_start": first * stride * LANES,
        "dy_start": first * LANES,
        "x_row": g.stride[0] * g.width * LANES,
        "x_column": stride * LANES,
        "dy_row": g.out_width * LANES,
        "dy_column": LANES,
        "dy_right": g.out_height * g.out_width * LANES,
    }
    return outer_product_source(tile, **values)
