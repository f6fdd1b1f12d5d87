"""A row of a convolution's output by direct sums: what its tiles sum, and where they find it."""

from collections.abc import Mapping

from lenet.compiler.contract import Request
from lenet.compiler.kernels.convolution.correlation_row import Input, Row, column_tiles, runs_of
from lenet.compiler.kernels.convolution.geometry import Geometry
from lenet.compiler.target import LANES


def input_of(g: Geometry, x: str) -> Input:
    """The rows of the map at `x`."""
    (kh, kw), (dh, _) = g.kernel, g.dilation
    return Input(x, g.inputs, g.height, g.width, kh, g.outputs * kw, apart=dh)


def forward_row(
    request: Request, g: Geometry, suffix: str, given: Input, at: Mapping[str, str],
    places: tuple[str, str], settings: Mapping[str, object], packed: bool = False,
) -> Row:  # fmt: skip
    """A row of all outputs of a group: each a correlation of the rows that its kernel covers. `at`
    names the places of weights and bias, `places` where copies of the input lie and where a tile's
    sums go; `settings` are of its tiles."""
    (kw, (_, sw), (_, pw), (_, dw)) = g.kernel[1], g.stride, g.padding, g.dilation
    tiles = []
    most = request.target.tile(g.outputs, g.out_width)[1]
    for start, columns in column_tiles(g.out_width, most):
        left = start * sw - pw
        taps = tuple(
            (j, j * sw + k * dw, k)
            for k in range(kw)
            for j in range(columns)
            if 0 <= left + j * sw + k * dw < g.width
        )
        tiles.append((start, columns, left, taps))
    steps: dict[str, object] = {
        **given.steps,
        "w_channel": g.weight_channel,
        "w_row": g.weight_row,
        "w_tap": g.all_outputs,
        "w_output": 1,
        "y_column": LANES,
        **settings,
    }
    weights = (
        f"weights, {at['weights']} + first * {g.weight_row} + output, {at.get('bias', 0)} + output"
    )
    if packed:
        weights = (
            f"ready, prepared + output * {g.inputs}, prepared + {g.inputs * g.outputs} + output"
        )
    copies, to = places
    call = f"{{tile}}(arena, {given.place(copies)}, {g.inputs}, rows, {weights}, arena, {to})"
    return Row(
        request, suffix, g.outputs, _rows_covered(g), given, runs_of(tiles), steps, call, packed
    )


def _rows_covered(g: Geometry) -> str:
    """Statements: the `rows` of the kernel, from `first` on, that lie on the map."""
    (kh, _), (sh, _), (ph, _), (dh, _) = g.kernel, g.stride, g.padding, g.dilation
    if not g.hangs:
        return f"top = row * {sh}\nfirst = 0\nrows = {kh}\n"
    top = f"top = row * {sh} - {ph}\n"
    if dh == 1:
        return top + f"first = max(0, -top)\nrows = min({kh}, {g.height} - top) - first\n"
    return (
        f"{top}first = max(0, ({dh - 1} - top) // {dh})\n"
        f"rows = min({kh}, ({g.height + dh - 1} - top) // {dh}) - first\n"
    )
