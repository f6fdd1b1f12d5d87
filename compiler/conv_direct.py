"""A convolution by direct sums, forward and backward to its input: loops around correlations."""

from dataclasses import dataclass
from textwrap import indent

from compiler.conv_geometry import Direction, Geometry
from compiler.epilogue import Epilogue
from compiler.kernel import BACKWARD, FORWARD, Request, function
from compiler.target import LANES, split
from compiler.tile_source import correlation_source

Taps = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class _Run:
    """`count` tiles side by side, alike in their taps; each step moves both starts on."""

    columns: int
    taps: Taps
    count: int
    start: int
    step: int
    source: int
    source_step: int


def _runs(tiles: list[tuple[int, int, int, Taps]]) -> list[_Run]:
    """Tiles (start, columns, source, taps) with equal neighbours put into loops."""
    runs: list[_Run] = []
    for start, columns, source, taps in tiles:
        last = runs[-1] if runs else None
        if last and (last.columns, last.taps) == (columns, taps):
            step = start - last.start - last.step * (last.count - 1)
            source_step = source - last.source - last.source_step * (last.count - 1)
            if last.count == 1 or (step, source_step) == (last.step, last.source_step):
                runs[-1] = _Run(
                    columns, taps, last.count + 1, last.start, step, last.source, source_step
                )
                continue
        runs.append(_Run(columns, taps, 1, start, 0, source, 0))
    return runs


def _column_tiles(width: int, most: int, stride: int = 1) -> list[tuple[int, int]]:
    """(start, columns) of tiles; with a stride, tiles repeat only if it divides their width."""
    if stride > 1:
        most = max(stride, most - most % stride)
        return [(start, min(most, width - start)) for start in range(0, width, most)]
    return [
        (start + part * size, size)
        for start, size, parts in split(width, most)
        for part in range(parts)
    ]


def _correlation(
    request: Request, suffix: str, doc: str, arguments: str, head: str, tiles: list[_Run],
    outputs: int, steps: dict[str, object], call: str, rows: int,
) -> Direction:  # fmt: skip
    """A function that loops tiles over rows, output channels and columns."""
    name = f"{request.name}_{suffix}"
    source, body = "", f"for row in range({rows}):\n" + indent(head, "    ")
    for start, size, parts in _output_runs(request, outputs, tiles):
        body += f"    for output in range({start}, {start + size * parts}, {size}):\n"
        more, loops = _tile_loops(request, name, size, tiles, steps, call)
        source += more
        body += indent(loops, " " * 8)
    return Direction(source + "\n\n" + function(name, arguments, doc, body))


def _finished_correlation(
    request: Request, epilogue: Epilogue, head: str, tiles: list[_Run], outputs: int,
    steps: dict[str, object], call: str, columns: int,
) -> Direction:  # fmt: skip
    """The same, where an epilogue takes some rows of some channels at a time."""
    name = f"{request.name}_forward"
    source, body = "", f"for turn_row in range({epilogue.out[1]}):\n"
    runs = _output_runs(request, outputs, tiles)
    for start, size, parts in runs:
        body += f"    for output in range({start}, {start + size * parts}, {size}):\n"
        body += f"        for z_row in range({epilogue.rows}):\n"
        body += f"            row = turn_row * {epilogue.step} + z_row\n"
        more, loops = _tile_loops(request, name, size, tiles, steps, call)
        source += more
        body += indent(head + loops, " " * 12)
        body += (
            f"        {request.name}_finish(arena, scratch, {epilogue.rows * columns}, y, saved, "
            f"output, {size}, turn_row, 1)\n"
        )
    doc = "x correlated with the weights, plus the bias, then pooled and activated."
    text = source + "\n\n" + epilogue.finish() + "\n\n"
    text += function(name, f"{FORWARD}, saved, scratch", doc, body)
    most = max(size for _, size, _ in runs)
    return Direction(text, most * epilogue.rows * columns * LANES)


def _output_runs(request: Request, outputs: int, tiles: list[_Run]) -> list[tuple[int, int, int]]:
    widest = max(run.columns for run in tiles)
    return split(outputs, request.target.tile(outputs, widest)[0])


def _tile_loops(
    request: Request, name: str, size: int, tiles: list[_Run], steps: dict[str, object], call: str
) -> tuple[str, str]:
    """The tiles of one row for `size` output channels, and the loops over them."""
    source = body = ""
    for run in tiles:
        tile = f"{name}_{size}x{run.columns}_at_{run.start}"
        source += correlation_source(
            tile, width=request.target.width, outputs=size, columns=run.columns, taps=run.taps,
            **steps,
        )  # fmt: skip
        margin, column, at = "", str(run.start), str(run.source)
        if run.count > 1:
            body += f"for tile in range({run.count}):\n"
            margin = "    "
            column = f"({run.start} + tile * {run.step})"
            at = f"({run.source} + tile * {run.source_step})"
        body += margin + call.format(tile=tile, column=column, source=at) + "\n"
    return source, body


def forward(request: Request, g: Geometry, epilogue: Epilogue | None) -> Direction:
    (kh, kw), (sh, sw), (ph, pw) = g.kernel, g.stride, g.padding
    tiles = []
    most = request.target.tile(g.outputs, g.out_width)[1]
    for start, columns in _column_tiles(g.out_width, most):
        left = start * sw - pw
        taps = tuple(
            (j, j * sw + k, k)
            for k in range(kw)
            for j in range(columns)
            if 0 <= left + j * sw + k < g.width
        )
        tiles.append((start, columns, left, taps))
    if ph:
        head = (
            f"top = row * {sh} - {ph}\n"
            f"first = max(0, -top)\n"
            f"rows = min({kh}, {g.height} - top) - first\n"
        )
    else:
        head = f"top = row * {sh}\nfirst = 0\nrows = {kh}\n"
    bias = request.offsets.get("bias")
    weight = request.offsets["weight"]
    steps: dict[str, object] = {
        "x_channel": g.height * g.width * LANES,
        "x_row": g.width * LANES,
        "x_column": LANES,
        "w_channel": g.weight_channel,
        "w_row": g.weight_row,
        "w_tap": g.outputs,
        "w_output": 1,
        "y_output": (epilogue.rows if epilogue else g.out_height) * g.out_width * LANES,
        "y_column": LANES,
        "start": "zero" if bias is None else "bias",
    }
    call = (
        f"{{tile}}(arena, x + ((top + first) * {g.width} + {{source}}) * {LANES}, {g.inputs}, "
        f"rows, weights, {weight} + first * {g.weight_row} + output, {bias or 0} + output, "
    )
    if epilogue:
        call += f"arena, scratch + (z_row * {g.out_width} + {{column}}) * {LANES})"
        return _finished_correlation(
            request, epilogue, head, _runs(tiles), g.outputs, steps, call, g.out_width
        )
    call += f"arena, y + ((output * {g.out_height} + row) * {g.out_width} + {{column}}) * {LANES})"
    doc = "y = x correlated with the weights, plus the bias."
    return _correlation(
        request, "forward", doc, FORWARD, head, _runs(tiles), g.outputs, steps, call, g.out_height
    )


def backward(request: Request, g: Geometry) -> Direction:
    (kh, kw), (sh, sw), (ph, pw) = g.kernel, g.stride, g.padding
    tiles = []
    most = request.target.tile(g.inputs, g.width, sw)[1]
    for start, columns in _column_tiles(g.width, most, sw):
        base = (start + pw) // sw
        taps = tuple(
            (j, (start + j + pw - k) // sw - base, k)
            for k in range(kw)
            for j in range(columns)
            if (start + j + pw - k) % sw == 0 and 0 <= (start + j + pw - k) // sw < g.out_width
        )
        tiles.append((start, columns, base, taps))
    head = f"bottom = row + {ph}\nfirst = max(0, bottom - {(g.out_height - 1) * sh})\n"
    if sh > 1:
        head += f"first += (bottom - first) % {sh}\n"
    head += f"rows = max(0, (min({kh - 1}, bottom) - first) // {sh} + 1)\n"
    head += f"top = (bottom - first) // {sh}\n"
    steps: dict[str, object] = {
        "x_channel": g.out_height * g.out_width * LANES,
        "x_row": -g.out_width * LANES,
        "x_column": LANES,
        "w_channel": 1,
        "w_row": sh * g.weight_row,
        "w_tap": g.outputs,
        "w_output": g.weight_channel,
        "y_output": g.height * g.width * LANES,
        "y_column": LANES,
    }
    weight = request.offsets["weight"]
    call = (
        f"{{tile}}(arena, dy + (top * {g.out_width} + {{source}}) * {LANES}, {g.outputs}, rows, "
        f"weights, {weight} + first * {g.weight_row} + output * {g.weight_channel}, 0, "
        f"arena, dx + ((output * {g.height} + row) * {g.width} + {{column}}) * {LANES})"
    )
    return _correlation(
        request, "backward", "dx = dy correlated with the turned weights.", BACKWARD, head,
        _runs(tiles), g.inputs, steps, call, g.height,
    )  # fmt: skip
