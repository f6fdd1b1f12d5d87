"""A convolution by direct sums, forward and backward to its input: loops around correlations."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import gcd
from textwrap import indent

from lenet.compiler.contract import BACKWARD, FORWARD, Request
from lenet.compiler.function import NAME, Function
from lenet.compiler.kernels.convolution.correlation_row import Input, Row, column_tiles, runs_of
from lenet.compiler.kernels.convolution.epilogue import Epilogue
from lenet.compiler.kernels.convolution.forward_row import forward_row, input_of
from lenet.compiler.kernels.convolution.geometry import Direction, Geometry, in_groups
from lenet.compiler.kernels.shared.packed import PACKED, packed_floats, packing
from lenet.compiler.target import LANES


@dataclass(frozen=True)
class _Sums:
    """A function that makes rows of a map of `columns` columns, in each group, whose loop begins
    with `head`, if there are any."""

    row: Row
    columns: int
    parameters: tuple[str, ...]
    doc: str
    head: str

    def _in_groups(self, body: str) -> str:
        return self.head + indent(body, "    ") if self.head else body

    def plain(self, rows: int) -> Direction:
        """All rows of each map."""
        row = self.row
        tiles, body = row.source
        parameters = self.parameters + (("scratch",) if row.given.copied else ())
        body = self._in_groups(f"for row in range({rows}):\n" + indent(body, "    "))
        function = Function(row.suffix, parameters, self.doc, body, f"{tiles}\n\n")
        return Direction(function, row.given.size)

    def finished(self, epilogue: Epilogue) -> Direction:
        """The same, where an epilogue takes some rows of some channels at a time."""
        row, given = self.row, self.row.given
        source, body = "", f"for turn_row in range({epilogue.out[1]}):\n"
        head = f"row = turn_row * {epilogue.step} + z_row\n" + row.head
        if given.copied:
            copies = head + given.copies(f"scratch + z_row * {given.size}")
            body += f"    for z_row in range({epilogue.rows}):\n" + indent(copies, " " * 8)
        z = _behind_copies(given, epilogue)
        first = f"group * {row.outputs} + " if self.head else ""
        for start, size, parts in row.output_runs:
            body += f"    for output in range({start}, {start + size * parts}, {size}):\n"
            body += f"        for z_row in range({epilogue.rows}):\n"
            more, loops = row.loops(size)
            source += more
            body += indent(head + loops, " " * 12)
            body += (
                f"        {NAME}_finish(arena, {z}, {epilogue.rows * self.columns}, y, saved, "
                f"{first}output, {size}, turn_row, 1)\n"
            )
        most = max(size for _, size, _ in row.output_runs)
        floats = epilogue.rows * (given.size + most * self.columns * LANES)
        return Direction(self._with_finish(epilogue, source, body), floats)

    def shared(self, epilogue: Epilogue) -> Direction:
        """The same where rows of the output share rows of the convolution: the last of all channels
        are kept, each in the place of one that is no longer needed."""
        row, columns = self.row, self.columns
        slots, copies = epilogue.rows, row.given.size
        source, loops = row.source
        first = f"group * {row.outputs}" if self.head else "0"
        body = (
            f"done = 0\n"
            f"for turn_row in range({epilogue.out[1]}):\n"
            f"    begin = turn_row * {epilogue.step} - {epilogue.above}\n"
            f"    end = min({epilogue.shape[1]}, begin + {slots})\n"
            f"    for row in range(max(done, begin), end):\n"
            f"        z_row = row % {slots}\n"
            f"{indent(loops, ' ' * 8)}"
            f"    done = max(done, end)\n"
            f"    {NAME}_finish(arena, scratch + {copies}, {slots * columns}, y, saved, {first}, "
            f"{row.outputs}, turn_row, 1)\n"
        )
        floats = copies + slots * row.outputs * columns * LANES
        return Direction(self._with_finish(epilogue, source, body), floats)

    def _with_finish(self, epilogue: Epilogue, tiles: str, body: str) -> Function:
        doc = f"{self.doc.removeprefix('y = ').removesuffix('.')}, then pooled and activated."
        finish = epilogue.finish(epilogue.rows)
        parameters = (*self.parameters, "saved", "scratch")
        text = f"{tiles}\n\n{finish}\n\n"
        return Function(self.row.suffix, parameters, doc, self._in_groups(body), text)

    def direction(self, rows: int, epilogue: Epilogue | None) -> Direction:
        """The function as the epilogue needs it."""
        if epilogue is None:
            return self.plain(rows)
        return self.shared(epilogue) if epilogue.shares else self.finished(epilogue)


def _behind_copies(given: Input, epilogue: Epilogue) -> str:
    return f"scratch + {epilogue.rows * given.size}" if given.copied else "scratch"


def _target(
    given: Input, epilogue: Epilogue | None, y: str, height: int, width: int
) -> tuple[str, str]:
    """Where a tile's sums go, but for the column, and where the copies of its input lie."""
    at = "scratch"
    if epilogue is None:
        to, y_row = y, f"output * {height} + row"
    elif epilogue.shares:
        to, y_row = f"scratch + {given.size}", f"output * {epilogue.rows} + z_row"
    else:
        to, y_row = _behind_copies(given, epilogue), "z_row"
        at += f" + z_row * {given.size}"
    return f"{to} + (({y_row}) * {width} + {{column}}) * {LANES}", at


def forward(
    request: Request, g: Geometry, epilogue: Epilogue | None, given: Input | None = None
) -> Direction:
    """y (outputs, out_height, out_width) of all groups. With an epilogue, y is what that makes of
    it. `given` is where its rows are, if that is not in x."""
    doc = "y = x correlated with the weights, plus the bias."
    bias = request.offsets.get("bias")
    packed = PACKED in request.node.arguments
    head = "forward", (*FORWARD, "ready", "prepared") if packed else FORWARD, doc
    return correlated(request, g, head, ("x", "y"), bias, epilogue, packed=packed, given=given)


def backward(request: Request, g: Geometry) -> Direction:
    """dx (inputs, height, width) of all groups."""
    doc = "dx = dy correlated with the turned weights."
    return turned(request, g, ("backward", BACKWARD, doc), ("dy", "dx"))


def _places(
    request: Request, g: Geometry, steps: tuple[int, int], names: tuple[str, str],
    bias: str | None, epilogue: Epilogue | None,
) -> tuple[dict[str, str], str]:  # fmt: skip
    """in_groups of what the sums take and, unless an epilogue takes these, of what they give."""
    places = {"x": (names[0], steps[0]), "weights": (request.offsets["weight"], g.outputs)}
    if epilogue is None:
        places["y"] = names[1], steps[1]
    if bias is not None:
        places["bias"] = bias, g.outputs
    return in_groups(g, **places)


def in_tiles(epilogue: Epilogue | None) -> tuple[Mapping[str, object], Epilogue | None]:
    """What tiles can do of an epilogue, as their settings, and what is left of it."""
    if epilogue is None or epilogue.clips is None:
        return {}, epilogue
    return {"clips": epilogue.clips}, None


_PAST = 2**22  # bytes of a block's map of which the caches would keep little until it is read
Head = tuple[str, tuple[str, ...], str]  # of a function: its suffix, parameters and doc


def correlated(
    request: Request, g: Geometry, function: Head, names: tuple[str, str], bias: str | None = None,
    epilogue: Epilogue | None = None, integer: Mapping[str, object] | None = None,
    packed: bool = False, given: Input | None = None,
) -> Direction:  # fmt: skip
    """From maps like the convolution's input to maps like its output, a row of all outputs of a
    group at a time: each a correlation of the rows that its kernel covers. `names` are what the
    function calls the two. `integer` are the settings of correlations of words. Weights of a kernel
    of one place may be `packed`, as kernels/shared/packed.py has them. `given` is where its rows
    are, if that is not in the maps."""
    own, epilogue = (integer, epilogue) if integer else in_tiles(epilogue)
    at, head = _places(request, g, (g.x_group, g.y_group), names, bias, epilogue)
    given = given or input_of(g, at["x"])
    to, copies = _target(given, epilogue, at.get("y", ""), g.out_height, g.out_width)
    settings: dict[str, object] = {
        "y_output": (epilogue.rows if epilogue else g.out_height) * g.out_width * LANES,
        "start": "zero" if bias is None else "bias",
        **own,
    }
    if packed and epilogue is None and 4 * g.y_group >= _PAST:
        settings["past"] = True
    row = forward_row(request, g, function[0], given, at, (copies, to), settings, packed)
    made = _Sums(row, g.out_width, *function[1:], head).direction(g.out_height, epilogue)
    if not packed:
        return made
    prepare = packing(request, function[0], g.inputs, g.outputs, row.output_runs)
    return replace(made, prepare=prepare, prepared=packed_floats(g.inputs, g.outputs))


def turned(
    request: Request, g: Geometry, function: Head, names: tuple[str, str], bias: str | None = None,
    epilogue: Epilogue | None = None,
) -> Direction:  # fmt: skip
    """The other way, row by row: a correlation with the kernel turned around, of whose taps a
    stride leaves some for each row and column."""
    (kh, kw), (sh, sw), (_, pw), (dh, dw) = g.kernel, g.stride, g.padding, g.dilation
    tiles = []
    most = request.target.tile(g.inputs, g.width, sw)[1]
    for start, columns in column_tiles(g.width, most, sw):
        base = (start + pw) // sw
        taps = tuple(
            (j, (start + j + pw - k * dw) // sw - base, k)
            for k in range(kw)
            for j in range(columns)
            if (start + j + pw - k * dw) % sw == 0
            and 0 <= (start + j + pw - k * dw) // sw < g.out_width
        )
        tiles.append((start, columns, base, taps))
    own, epilogue = in_tiles(epilogue)
    at, head = _places(request, g, (g.y_group, g.x_group), names, bias, epilogue)
    uses = g.inputs * -(-kw // sw)
    step, apart = sh // gcd(sh, dh), dh // gcd(sh, dh)
    rows = -(-kh // step)
    given = Input(
        at["x"], g.outputs, g.out_height, g.out_width, rows, uses, upwards=True, apart=apart
    )
    to, copies = _target(given, epilogue, at.get("y", ""), g.height, g.width)
    steps: dict[str, object] = {
        **given.steps,
        "w_channel": 1,
        "w_row": step * g.weight_row,
        "w_tap": g.all_outputs,
        "w_output": g.weight_channel,
        "y_output": (epilogue.rows if epilogue else g.height) * g.width * LANES,
        "y_column": LANES,
        **own,
    }
    steps |= {} if bias is None else {"start": "bias"}
    call = (
        f"{{tile}}(arena, {given.place(copies)}, {g.outputs}, rows, "
        f"weights, {at['weights']} + first * {g.weight_row} + output * {g.weight_channel}, "
        f"{'0' if bias is None else at['bias'] + ' + output'}, arena, {to})"
    )
    runs, found = runs_of(tiles), _rows_meeting(g)
    row = Row(request, function[0], g.inputs, found, given, runs, steps, call)
    return _Sums(row, g.width, *function[1:], head).direction(g.height, epilogue)


def _rows_meeting(g: Geometry) -> str:
    """Statements: the `rows` of the kernel, from `first` on, by which a row is seen from others,
    the first of them from row `top`."""
    (kh, _), (sh, _), (ph, _), (dh, _) = g.kernel, g.stride, g.padding, g.dilation
    last = (g.out_height - 1) * sh
    head = f"bottom = row + {ph}\n"
    if dh == 1:
        head += f"first = max(0, bottom - {last})\n"
        head += f"first += (bottom - first) % {sh}\n" if sh > 1 else ""
        head += f"rows = max(0, (min({kh - 1}, bottom) - first) // {sh} + 1)\n"
        return head + f"top = (bottom - first) // {sh}\n"
    above = f"bottom - first * {dh}"
    return (
        f"{head}first = 0\n"
        f"while first < {kh} and ({above} > {last} or ({above}) % {sh} != 0):\n"
        f"    first += 1\n"
        f"rows = max(0, (min({kh - 1}, bottom // {dh}) - first) // {sh // gcd(sh, dh)} + 1)\n"
        f"top = ({above}) // {sh}\n"
    )
