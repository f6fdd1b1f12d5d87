"""A convolution by direct sums, forward and backward to its input: loops around correlations.

Where the maps of its input lie a large power of two apart, as those of 16x16 or 32x32 do, the same
places of all of them would have to share a few places of the caches: then the rows that a row of
the output needs are copied next to each other first.
"""

from dataclasses import dataclass
from textwrap import indent

from compiler.conv_geometry import Direction, Geometry
from compiler.epilogue import Epilogue
from compiler.kernel import BACKWARD, FORWARD, Request, function
from compiler.target import LANES, split
from compiler.tile_source import correlation_source

Taps = tuple[tuple[int, int, int], ...]

_APART = 2**14  # bytes
_MAPS = 32  # at least
_USES = 32  # of each value that is copied, at least


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


@dataclass(frozen=True)
class _Input:
    """Where a row of the output finds its input: `rows` rows of `x` from row `top + first` on, or
    upwards from row `top`, of all `channels`; `most` bounds `rows`, `uses` is how often a value is
    read for a row of the output. Steps are in floats."""

    x: str
    channels: int
    height: int
    width: int
    most: int
    uses: int
    upwards: bool = False

    @property
    def copied(self) -> bool:
        aligned = self.height * self.width * LANES * 4 % _APART == 0
        return aligned and self.channels >= _MAPS and self.uses >= _USES

    @property
    def steps(self) -> dict[str, object]:
        row = self.width * LANES
        if self.copied:
            return {"x_channel": self.most * row + LANES, "x_row": row, "x_column": LANES}
        return {
            "x_channel": self.height * row,
            "x_row": -row if self.upwards else row,
            "x_column": LANES,
        }

    @property
    def size(self) -> int:
        """Floats of the copies."""
        return self.channels * (self.most * self.width * LANES + LANES) if self.copied else 0

    def place(self, at: str) -> str:
        """The offset of column {source} of the first row."""
        if self.copied:
            return f"{at} + {{source}} * {LANES}"
        first = "top" if self.upwards else "(top + first)"
        return f"{self.x} + ({first} * {self.width} + {{source}}) * {LANES}"

    def copies(self, at: str) -> str:
        """Statements that copy the rows."""
        if not self.copied:
            return ""
        to, row = f"{at} + channel * {self.steps['x_channel']}", self.width * LANES
        body = f"for channel in range({self.channels}):\n"
        if not self.upwards:
            start = f"{self.x} + (channel * {self.height} + top + first) * {row}"
            return body + f"    copy(arena, {to}, {start}, rows * {row})\n"
        start = f"{self.x} + (channel * {self.height} + top - line) * {row}"
        return (
            f"{body}    for line in range(rows):\n"
            f"        copy(arena, {to} + line * {row}, {start}, {row})\n"
        )


def _correlation(
    request: Request, suffix: str, doc: str, arguments: str, head: str, given: _Input,
    tiles: list[_Run], outputs: int, steps: dict[str, object], call: str, rows: int,
) -> Direction:  # fmt: skip
    """A function that loops tiles over rows, output channels and columns."""
    name = f"{request.name}_{suffix}"
    source, row = _one_row(request, name, head, given, tiles, outputs, steps, call)
    body = f"for row in range({rows}):\n" + indent(row, "    ")
    arguments += ", scratch" if given.copied else ""
    return Direction(source + "\n\n" + function(name, arguments, doc, body), given.size)


def _one_row(
    request: Request, name: str, head: str, given: _Input, tiles: list[_Run], outputs: int,
    steps: dict[str, object], call: str,
) -> tuple[str, str]:  # fmt: skip
    """Tiles, and the loops over them for one row of all output channels."""
    source, body = "", head + given.copies("scratch")
    for start, size, parts in _output_runs(request, outputs, tiles):
        more, loops = _tile_loops(request, name, size, tiles, steps, call)
        source += more
        body += f"for output in range({start}, {start + size * parts}, {size}):\n"
        body += indent(loops, "    ")
    return source, body


def _finished_correlation(
    request: Request, epilogue: Epilogue, head: str, given: _Input, tiles: list[_Run],
    outputs: int, steps: dict[str, object], call: str, columns: int,
) -> Direction:  # fmt: skip
    """The same, where an epilogue takes some rows of some channels at a time."""
    name = f"{request.name}_forward"
    source, body = "", f"for turn_row in range({epilogue.out[1]}):\n"
    head = f"row = turn_row * {epilogue.step} + z_row\n" + head
    if given.copied:
        copies = head + given.copies(f"scratch + z_row * {given.size}")
        body += f"    for z_row in range({epilogue.rows}):\n" + indent(copies, " " * 8)
    runs, z = _output_runs(request, outputs, tiles), _behind_copies(given, epilogue)
    for start, size, parts in runs:
        body += f"    for output in range({start}, {start + size * parts}, {size}):\n"
        body += f"        for z_row in range({epilogue.rows}):\n"
        more, loops = _tile_loops(request, name, size, tiles, steps, call)
        source += more
        body += indent(head + loops, " " * 12)
        body += (
            f"        {request.name}_finish(arena, {z}, {epilogue.rows * columns}, y, saved, "
            f"output, {size}, turn_row, 1)\n"
        )
    most = max(size for _, size, _ in runs)
    floats = epilogue.rows * (given.size + most * columns * LANES)
    return Direction(_finished(request, epilogue, source, body), floats)


def _shared_correlation(
    request: Request, epilogue: Epilogue, head: str, given: _Input, tiles: list[_Run],
    outputs: int, steps: dict[str, object], call: str, columns: int,
) -> Direction:  # fmt: skip
    """The same where rows of the output share rows of the convolution: the last of all channels
    are kept, each in the place of one that is no longer needed."""
    height, slots = epilogue.shape[1], epilogue.rows
    body = (
        f"done = 0\n"
        f"for turn_row in range({epilogue.out[1]}):\n"
        f"    begin = turn_row * {epilogue.step} - {epilogue.above}\n"
        f"    end = min({height}, begin + {slots})\n"
        f"    for row in range(max(done, begin), end):\n"
        f"        z_row = row % {slots}\n"
    )
    name = f"{request.name}_forward"
    source, row = _one_row(request, name, head, given, tiles, outputs, steps, call)
    body += indent(row, " " * 8)
    body += (
        f"    done = max(done, end)\n"
        f"    {request.name}_finish(arena, scratch + {given.size}, {slots * columns}, y, saved, 0, "
        f"{outputs}, turn_row, 1)\n"
    )
    floats = given.size + slots * outputs * columns * LANES
    return Direction(_finished(request, epilogue, source, body), floats)


def _finished(request: Request, epilogue: Epilogue, tiles: str, body: str) -> str:
    doc = "x correlated with the weights, plus the bias, then pooled and activated."
    name, arguments = f"{request.name}_forward", f"{FORWARD}, saved, scratch"
    finish = epilogue.finish(epilogue.rows)
    return f"{tiles}\n\n{finish}\n\n{function(name, arguments, doc, body)}"


def _behind_copies(given: _Input, epilogue: Epilogue) -> str:
    return f"scratch + {epilogue.rows * given.size}" if given.copied else "scratch"


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
    given = _Input("x", g.inputs, g.height, g.width, kh, g.outputs * kw)
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
        to, row = "y", f"output * {g.out_height} + row"
    elif epilogue.shares:
        to, row = f"scratch + {given.size}", f"output * {epilogue.rows} + z_row"
    else:
        to, row = _behind_copies(given, epilogue), "z_row"
        at += f" + z_row * {given.size}"
    call = (
        f"{{tile}}(arena, {given.place(at)}, {g.inputs}, "
        f"rows, weights, {weight} + first * {g.weight_row} + output, {bias or 0} + output, "
        f"arena, {to} + (({row}) * {g.out_width} + {{column}}) * {LANES})"
    )
    if epilogue:
        finished = _shared_correlation if epilogue.shares else _finished_correlation
        return finished(
            request, epilogue, head, given, _runs(tiles), g.outputs, steps, call, g.out_width
        )
    doc = "y = x correlated with the weights, plus the bias."
    return _correlation(
        request, "forward", doc, FORWARD, head, given, _runs(tiles), g.outputs, steps, call,
        g.out_height,
    )  # fmt: skip


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
    uses = g.inputs * -(-kw // sw)
    given = _Input("dy", g.outputs, g.out_height, g.out_width, -(-kh // sh), uses, upwards=True)
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
    return _correlation(
        request, "backward", "dx = dy correlated with the turned weights.", BACKWARD, head, given,
        _runs(tiles), g.inputs, steps, call, g.height,
    )  # fmt: skip
