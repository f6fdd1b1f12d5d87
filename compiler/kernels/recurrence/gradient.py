"""The gradients of the tensors and of the input, of all steps of a block."""

from textwrap import indent

from lenet.compiler.contract import Request
from lenet.compiler.function import NAME, Function
from lenet.compiler.kernels.recurrence.cell import Recurrence, Span
from lenet.compiler.kernels.recurrence.products import over_blocks
from lenet.compiler.kernels.shared.tile_source import product_source
from lenet.compiler.target import LANES, split

_ROWS = 8  # steps whose gradients are turned at a time: a tile's part of them stays in a cache


def gradient(request: Request, r: Recurrence) -> tuple[Function, int]:
    """Products over steps and images, whose lanes are columns of the weights: some steps'
    gradients of the sums are turned first. And its scratch: these, and the biases' sums."""
    turned, row = _turned(r)
    sums_at = _ROWS * LANES * row
    steps = (
        "rows = min(_ROWS, longest - start)\n"
        "for k in range(rows):\n"
        f"    slopes = saved + (start + k) * {r.sums * LANES}\n"
        f"    at = scratch + k * {LANES * row}\n"
    ).replace("_ROWS", str(_ROWS))
    for first, count in _parts(r):
        steps += (
            f"    turn(arena, slopes + {first * LANES}, {count}, at + {turned[first]}, {row})\n"
        )
    steps += (
        f"    for place in range(0, {r.sums * LANES}, {LANES}):\n"
        f"        total = load(arena, scratch + {sums_at} + place) + load(arena, slopes + place)\n"
        f"        store(arena, scratch + {sums_at} + place, total)\n"
    )
    tiles = ""
    for what, x, left, x_row, count, spans in (
        ("input_weight", f"x + start * {LANES}", r.steps * LANES, LANES, r.inputs, r.of_input),
        ("recurrent_weight", f"saved + {r.states(f'start + {r.before}')}", LANES,
         r.state * LANES, r.units, r.of_state),
    ):  # fmt: skip
        for span in spans:
            found, source = _products(request, r, what, x, left, x_row, count, span,
                                      turned[span.first], row)  # fmt: skip
            tiles, steps = tiles + found, steps + source
    body = "zero = splat(np.float32(0))\n" + r.longest_source
    body += f"for place in range(0, {r.sums * LANES}, {LANES}):\n"
    body += f"    store(arena, scratch + {sums_at} + place, zero)\n"
    body += f"for start in range(0, longest, {_ROWS}):\n" + indent(steps, "    ")
    # The candidate's bias, where there is one, lies behind the others.
    body += (
        f"for output in range({r.sums}):\n"
        f"    total = lane_sum(load(arena, scratch + {sums_at} + output * {LANES}))\n"
        f"    earlier = gradient[{request.offsets['bias']} + output] if before else np.float32(0)\n"
        f"    gradient[{request.offsets['bias']} + output] = earlier + total\n"
    )
    parameters = ("arena", "gradient", "w", "x", "saved", "scratch", "before")
    doc = "The gradients of the weights and biases, added to those of the images `before`."
    return Function("gradient", parameters, doc, body, f"{tiles}\n\n"), (sums_at + r.sums * LANES)


def _parts(r: Recurrence) -> list[tuple[int, int]]:
    """(first, count) of the sums that are turned together."""
    if not r.cell.apart:
        return [(0, r.sums)]
    return [(0, r.columns), (r.columns, r.units)]


def _turned(r: Recurrence) -> tuple[dict[int, int], int]:
    """Where in a turned row each span of sums begins, on whole vectors, by its first one; and the
    floats of a row, which are no power of two, so that rows lie in different lines of a cache."""
    places, at = {}, 0
    for first, count in _parts(r):
        places[first] = at
        at += -(-count // LANES) * LANES
    return places, at + LANES


def _products(
    request: Request, r: Recurrence, what: str, x: str, left: int, x_row: int, lefts: int,
    span: Span, turned: int, row: int,
) -> tuple[str, str]:  # fmt: skip
    """Tiles of the gradient of the weights `what`, and the loops over them: those of a strip of
    columns read the same turned gradients."""
    width, (most_lefts, most_rights) = request.target.width, request.target.product
    whole, tail = divmod(span.count, width)
    runs = [(*run, width) for run in split(whole, most_rights)] if whole else []
    if tail:
        runs.append((whole, 1, 1, tail))
    tiles = body = ""
    weight = f"{request.offsets[what]} + {span.column}"
    for first, rights, parts, last in runs:
        step = rights * width
        body += f"for output in range({first * width}, {first * width + step * parts}, {step}):\n"
        for first_left, size, left_parts in split(lefts, most_lefts):
            tile = f"{NAME}_{what}_{span.first}_{size}x{(rights - 1) * width + last}"
            if f"{tile} = " not in tiles:
                tiles += product_source(
                    tile, width=width, lefts=size, rights=rights, tail=last, x_row=x_row,
                    dy_row=row * LANES, dy_lane=row, g_left=r.columns, x_left=left,
                )  # fmt: skip
            body += (
                f"    for value in range({first_left}, {first_left + size * left_parts}, {size}):\n"
                f"        {tile}(arena, {x} + value * {left}, arena, scratch + {turned} + output, "
                f"rows, gradient, {weight} + value * {r.columns} + output, before + start)\n"
            )
    return tiles, body


def backward(request: Request, r: Recurrence) -> Function:
    """dx, a product for several steps at a time; 0 behind the words of all texts."""
    tiles, body = over_blocks(
        request.target, f"{NAME}_backward", r.inputs,
        {"x_column": r.sums * LANES, "w_channel": 1, "w_output": r.columns, "y_column": LANES,
         "start": "zero"},
        f"arena, saved + step * {r.sums * LANES}, {r.columns}, 1, weights, "
        f"{request.offsets['input_weight']} + output * {r.columns}, 0, arena, "
        f"dx + (output * {r.steps} + step) * {LANES}",
        each="step", count="longest", y_output=r.steps * LANES,
    )  # fmt: skip
    body = r.longest_source + body
    if r.text:
        body += (
            f"zero = splat(np.float32(0))\nfor channel in range({r.inputs}):\n"
            f"    for step in range(longest, {r.steps}):\n"
            f"        store(arena, dx + (channel * {r.steps} + step) * {LANES}, zero)\n"
        )
    doc = "dx = the gradients of the sums times the transposed weights."
    parameters = ("arena", "weights", "w", "saved", "dx")
    return Function("backward", parameters, doc, body, f"{tiles}\n\n")
