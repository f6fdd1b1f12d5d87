"""A depthwise convolution of one image by places: the lanes are channels."""

from itertools import groupby
from textwrap import indent

from lenet.compiler.contract import Request
from lenet.compiler.function import NAME
from lenet.compiler.kernels.convolution.direct import in_tiles
from lenet.compiler.kernels.convolution.epilogue import Epilogue
from lenet.compiler.kernels.convolution.geometry import Geometry
from lenet.compiler.kernels.shared.tile_source import lines
from lenet.compiler.single_contract import Single, place_floats, single_function
from lenet.compiler.target import split

_UNITS = 16  # at most
_FLOATS = 2**14  # of the output, at least, that are worth a unit
Columns = tuple[tuple[int | None, ...], ...]


def emit(request: Request, g: Geometry) -> Single:
    """As many places of a row at a time as leave registers for their inputs; taps beside the map
    are left out."""
    channels, each = g.groups, place_floats(g.groups)
    row_floats = g.out_width * channels
    rows = max(-(-g.out_height // _UNITS), -(-_FLOATS // row_floats))
    units = -(-g.out_height // rows)
    bias = request.offsets.get("bias")
    (down, reach), across = (g.stride[0], g.dilation[0]), g.stride[1]
    body = (
        f"for row in range(unit * {rows}, min(unit * {rows} + {rows}, {g.out_height})):\n"
        f"    top = row * {down} - {g.padding[0]}\n"
        f"    first = max(0, ({reach - 1} - top) // {reach})\n"
        f"    end = min({g.kernel[0]}, ({g.height + reach - 1} - top) // {reach})\n"
    )
    tiles = ""
    wide = 8 if request.target.registers >= 32 else 4
    for start, size, columns, count in _runs(g, wide):
        tile = f"{NAME}_single_{size}_from_{start}"
        settings: dict[str, object] = {
            "width": request.target.width,
            "channels": channels,
            "columns": columns,
            "place": each,
            "row": reach * g.width * each,
            "bias": bias is not None,
            **in_tiles(Epilogue.of(request.node))[0],
        }
        tiles += f"{tile} = channel_sums(ChannelSums(\n{lines(settings)}))\n"
        call = (
            f"{tile}(weights, {request.offsets['weight']}, arena, x + (top * {g.width} + column * "
            f"{across} - {g.padding[1]}) * {each}, weights, {bias or 0}, arena, y + (row * "
            f"{g.out_width} + column) * {each}, first, end)\n"
        )
        head = f"for column in range({start}, {start + size * count}, {size}):\n"
        body += indent(f"{head}    {call}", "    ")
    doc = "y = x correlated by channels, which are the lanes."
    parameters = ("arena", "weights", "w", "x", "y", "unit")
    return Single(single_function(doc, body, parameters, f"{tiles}\n\n"), units=units)


def _runs(g: Geometry, wide: int) -> list[tuple[int, int, Columns, int]]:
    """Of tiles that are alike, side by side: (first column, columns of each, where the taps of
    these are, how many tiles)."""
    found = []
    for first, size, parts in split(g.out_width, wide):
        found += [(first + k * size, size) for k in range(parts)]
    alike = groupby(found, lambda tile: (tile[1], _columns(g, *tile)))
    return [
        (each[0][0], size, columns, len(each))
        for (size, columns), tiles in alike if (each := list(tiles))
    ]  # fmt: skip


def _columns(g: Geometry, first: int, size: int) -> Columns:
    """Of the taps of `size` places from the column `first` on."""
    left = first * g.stride[1] - g.padding[1]

    def of(place: int, tap: int) -> int | None:
        column = place * g.stride[1] + tap * g.dilation[1]
        return column if 0 <= left + column < g.width else None

    return tuple(tuple(of(place, tap) for tap in range(g.kernel[1])) for place in range(size))
