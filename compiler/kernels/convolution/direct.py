"""A convolution by direct sums, forward and backward to its input: loops around correlations."""

from textwrap import indent

from lenet.compiler.contract import BACKWARD, FORWARD, Request
from lenet.compiler.function import NAME, Function
from lenet.compiler.kernels.convolution.correlation_row import Input, Row, column_tiles, runs_of
from lenet.compiler.kernels.convolution.epilogue import Epilogue
from lenet.compiler.kernels.convolution.geometry import Direction, Geometry
from lenet.compiler.target import LANES


def _plain(row: Row, rows: int, parameters: tuple[str, ...], doc: str) -> Direction:
    """A function that loops over rows."""
    tiles, body = row.source
    parameters += ("scratch",) if row.given.copied else ()
    body = f"for row in range({rows}):\n" + indent(body, "    ")
    function = Function(row.suffix, parameters, doc, body, f"{tiles}\n\n")
    return Direction(function, row.given.size)


def _finished(row: Row, epilogue: Epilogue, columns: int) -> Direction:
    """The same, where an epilogue takes some rows of some channels at a time."""
    given = row.given
    source, body = "", f"for turn_row in range({epilogue.out[1]}):\n"
    head = f"row = turn_row * {epilogue.step} + z_row\n" + row.head
    if given.copied:
        copies = head + given.copies(f"scratch + z_row * {given.size}")
        body += f"    for z_row in range({epilogue.rows}):\n" + indent(copies, " " * 8)
    z = _behind_copies(given, epilogue)
    for start, size, parts in row.output_runs:
        body += f"    for output in range({start}, {start + size * parts}, {size}):\n"
        body += f"        for z_row in range({epilogue.rows}):\n"
        more, loops = row.loops(size)
        source += more
        body += indent(head + loops, " " * 12)
        body += (
            f"        {NAME}_finish(arena, {z}, {epilogue.rows * columns}, y, saved, "
            f"output, {size}, turn_row, 1)\n"
        )
    most = max(size for _, size, _ in row.output_runs)
    floats = epilogue.rows * (given.size + most * columns * LANES)
    return Direction(_with_finish(row, epilogue, source, body), floats)


def _shared(row: Row, epilogue: Epilogue, columns: int) -> Direction:
    """The same where rows of the output share rows of the convolution: the last of all channels
    are kept, each in the place of one that is no longer needed."""
    slots, copies = epilogue.rows, row.given.size
    source, loops = row.source
    body = (
        f"done = 0\n"
        f"for turn_row in range({epilogue.out[1]}):\n"
        f"    begin = turn_row * {epilogue.step} - {epilogue.above}\n"
        f"    end = min({epilogue.shape[1]}, begin + {slots})\n"
        f"    for row in range(max(done, begin), end):\n"
        f"        z_row = row % {slots}\n"
        f"{indent(loops, ' ' * 8)}"
        f"    done = max(done, end)\n"
        f"    {NAME}_finish(arena, scratch + {copies}, {slots * columns}, y, saved, 0, "
        f"{row.outputs}, turn_row, 1)\n"
    )
    floats = copies + slots * row.outputs * columns * LANES
    return Direction(_with_finish(row, epilogue, source, body), floats)


def _with_finish(row: Row, epilogue: Epilogue, tiles: str, body: str) -> Function:
    doc = "x correlated with the weights, plus the bias, then pooled and activated."
    finish = epilogue.finish(epilogue.rows)
    parameters = (*FORWARD, "saved", "scratch")
    return Function(row.suffix, parameters, doc, body, f"{tiles}\n\n{finish}\n\n")


def _behind_copies(given: Input, epilogue: Epilogue) -> str:
    return f"scratch + {epilogue.rows * given.size}" if given.copied else "scratch"


def forward(request: Request, g: Geometry, epilogue: Epilogue | None) -> Direction:
    """y (outputs, out_height, out_width), a row of all outputs at a time: each a correlation of
    the rows of x that its kernel covers. With an epilogue, y is what that makes of it."""
    (kh, kw), (sh, sw), (ph, pw) = g.kernel, g.stride, g.padding
    tiles = []
    most = request.target.tile(g.outputs, g.out_width)[1]
    for start, columns in column_tiles(g.out_width, most):
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
    given = Input("x", g.inputs, g.height, g.width, kh, g.outputs * kw)
    steps: dict[str, object] = {
        **given.steps,
        "w_channel": g.weight_channel,
        "w_row": g.weight_row,
        "w_tap": g.outputs,
        "w_output": 1,
        "y_output": (epilogue.rows if epilogue else g.out_height) * g.out_width * LANES,
        "y_column": LANES,
        "start": "zero" if bias is None else "bias",
    }
    at = "scratch"
    if epilogue is None:
        to, y_row = "y", f"output * {g.out_height} + row"
    elif epilogue.shares:
        to, y_row = f"scratch + {given.size}", f"output * {epilogue.rows} + z_row"
    else:
        to, y_row = _behind_copies(given, epilogue), "z_row"
        at += f" + z_row * {given.size}"
    call = (
        f"{{tile}}(arena, {given.place(at)}, {g.inputs}, "
        f"rows, weights, {weight} + first * {g.weight_row} + output, {bias or 0} + output, "
        f"arena, {to} + (({y_row}) * {g.out_width} + {{column}}) * {LANES})"
    )
    row = Row(request, "forward", g.outputs, head, given, runs_of(tiles), steps, call)
    if epilogue:
        return (_shared if epilogue.shares else _finished)(row, epilogue, g.out_width)
    doc = "y = x correlated with the weights, plus the bias."
    return _plain(row, g.out_height, FORWARD, doc)


def backward(request: Request, g: Geometry) -> Direction:
    """dx (inputs, height, width), row by row: a correlation of dy with the kernel turned around,
    of whose taps a stride leaves some for each row and column."""
    (kh, kw), (sh, sw), (ph, pw) = g.kernel, g.stride, g.padding
    tiles = []
    most = request.target.tile(g.inputs, g.width, sw)[1]
    for start, columns in column_tiles(g.width, most, sw):
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
    uses = g.inputs * -(-kw // sw)
    given = Input("dy", g.outputs, g.out_height, g.out_width, -(-kh // sh), uses, upwards=True)
    steps: dict[str, object] = {
        **given.steps,
        "w_channel": 1,
        "w_row": sh * g.weight_row,
        "w_tap": g.outputs,
        "w_output": g.weight_channel,
        "y_output": g.height * g.width * LANES,
        "y_column": LANES,
    }
    weight = request.offsets["weight"]
    call = (
        f"{{tile}}(arena, {given.place('scratch')}, {g.outputs}, rows, "
        f"weights, {weight} + first * {g.weight_row} + output * {g.weight_channel}, 0, "
        f"arena, dx + ((output * {g.height} + row) * {g.width} + {{column}}) * {LANES})"
    )
    row = Row(request, "backward", g.inputs, head, given, runs_of(tiles), steps, call)
    return _plain(row, g.height, BACKWARD, "dx = dy correlated with the turned weights.")
