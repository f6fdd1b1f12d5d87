"""A convolution of one image whose lanes are channels: its output lies by places.

A tile makes some vectors of channels, a panel, at some places: all weights of a panel lie in one
piece, which the second-level cache keeps while it goes from place to place.
"""

from dataclasses import dataclass
from textwrap import indent

from lenet.compiler.contract import Request
from lenet.compiler.function import NAME, Function
from lenet.compiler.kernels.convolution import of_words
from lenet.compiler.kernels.convolution.direct import in_tiles
from lenet.compiler.kernels.convolution.epilogue import Epilogue
from lenet.compiler.kernels.convolution.geometry import Geometry, in_groups
from lenet.compiler.kernels.shared.joins import ADDEND
from lenet.compiler.kernels.shared.packed import PREPARE, in_panels
from lenet.compiler.kernels.shared.tile_source import lines
from lenet.compiler.kernels.shared.words import INTEGER, single_settings
from lenet.compiler.single_contract import (
    Border,
    Padded,
    Single,
    Stage,
    place_floats,
    single_function,
    steps_of,
    vectors_of,
)
from lenet.compiler.target import LANES, Target, split
from lenet.dsl.padding import sides_of

_UNITS = 8  # at least, where there is work for several threads
_WORK = 2**18  # multiply-adds that are worth a unit of their own
_CHUNK = 2**16  # floats of the input that the second-level cache keeps beside the weights
_FAR = 2**13  # floats of a panel that come from further away than the second-level cache
_LEAST = 8  # floats that a turn asks for ahead of time: with fewer, they come too late
_AHEAD = """\
here = {weights} + part * {panel} * {products}
soon = {weights} + min((unit + threads) // {chunks}, {last}) * {panel} * {products}
enough = soon + ({panel} - {ahead}) * {products}
"""
Run = tuple[int, int, int]  # first, size of each, how many of them


@dataclass(frozen=True)
class _Conv:
    """`x` are the steps in the input to the next channel, row and column, `weights` those in the
    weights. `panels` are runs of channels of a group, `places` of rows or, where the map is `flat`,
    of places."""

    g: Geometry
    x: tuple[int, int, int]
    weights: tuple[int, int, int]
    packed: bool
    panels: tuple[Run, ...]
    places: tuple[Run, ...]
    flat: bool

    @property
    def place(self) -> int:
        """The step in the output to the next place."""
        return place_floats(self.g.all_outputs)

    @property
    def products(self) -> int:
        """Of each value."""
        return self.g.inputs * self.g.kernel[0] * self.g.kernel[1]


def panels_of(outputs: int, target: Target) -> tuple[Run, ...]:
    """Two vectors each, and what is left."""
    pair = 2 * target.width
    whole, rest = divmod(outputs, pair)
    return tuple(run for run in ((0, pair, whole), (whole * pair, rest, 1)) if run[1] and run[2])


def ahead_of(panel: int, calls: int) -> int:
    """Floats that a turn of a tile asks for, if so many calls are to ask for another panel's."""
    return min(LANES, max(_LEAST, -(-panel // calls)))


def asked(floats: int) -> str:
    """The line behind a call that has asked for so many; behind the last, it asks for its own."""
    return f"soon = soon + {floats} if soon < enough else here\n"


def _places(g: Geometry, most: int) -> tuple[tuple[Run, ...], bool]:
    """Runs of rows, or of places where each row of the output follows the last one's in x, too."""
    flat = g.kernel == g.stride == (1, 1) and g.padding == (0, 0) and g.out_width == g.width
    if flat and g.out_height == g.height:
        return tuple(split(g.out_height * g.out_width, most)), True
    rows = max(1, most // g.out_width)
    whole, rest = divmod(g.out_height, rows)
    runs = ((0, rows, whole), (whole * rows, rest, 1))
    return tuple(run for run in runs if run[1] and run[2]), False


def emit(request: Request, g: Geometry) -> Single:
    """Input of any layout; its places and panels are shared by threads."""
    node, target = request.node, request.target
    sides = sides_of(node.arguments["pad"])
    integer = INTEGER in node.arguments
    before: tuple[Stage, ...] = ()
    source, at, scratch = "", "x", 0
    if integer:
        padded = Padded.of(node.given, sides, "np.float32(0)")
        g, padded = of_words.of_one_image(request, g, padded)
        height, width, source = padded.height, padded.width, padded.source
        at, scratch = padded.at, padded.scratch
    else:
        maps, each = node.given[0], 1
        if request.by_places:
            maps, each = 1, place_floats(node.given[0])
        around = Border(maps, g.height, g.width, each, sides)
        height, width = around.height, around.width
        if height * width > g.height * g.width:
            before, at, scratch = (around.stage,), "scratch", around.floats
    x = (height * width, width, 1)
    if request.by_places:
        x = 1, width * place_floats(node.given[0]), place_floats(node.given[0])
    panels = panels_of(g.outputs, target)
    packed = not integer and g.outputs > 2 * LANES
    weights = (g.weight_channel, g.weight_row, g.all_outputs)
    places, flat = _places(g, target.places(2))
    conv = _Conv(g, x, weights, packed, panels, places, flat)
    units, tiles, body = _source(request, conv, at, alone=integer)
    doc = "y = x correlated with the weights; the lanes are channels."
    xs = ("x", "x1") if ADDEND in node.arguments else ("x",)
    parameters = (
        "arena", "weights", "w", "s", *xs, "y", "scratch", "prepared", "unit", "threads"
    )  # fmt: skip
    function = single_function(doc, source + body, parameters, tiles=f"{tiles}\n\n")
    prepare = Stage(_prepare(request, conv)) if packed else None
    floats = conv.products * g.all_outputs if packed else 0
    return Single(function, scratch, units, before, prepare, floats, by_places=True)


def _source(request: Request, conv: _Conv, at_x: str, alone: bool) -> tuple[int, str, str]:
    """How many units there are, one if that has to be `alone`, the tiles, and the body of the
    function."""
    g, target = conv.g, request.target
    bias = request.offsets.get("bias", "0")
    weight = request.offsets["weight"]
    step = g.inputs if request.by_places else g.inputs * conv.x[0]
    own = {"x": (at_x, step), "y": ("y", g.outputs), "bias": (bias, g.outputs)}
    if ADDEND in request.node.arguments:
        own[ADDEND] = "x1", g.outputs
    if conv.packed:
        own["weights"] = "prepared", conv.products * g.outputs
    else:
        own["weights"] = weight, g.outputs
    at, head = in_groups(g, **own)
    columns = [(0, 1, 1)] if conv.flat else split(g.out_width, target.places(2))
    all_panels = sum(count for _, _, count in conv.panels)
    all_places = sum(count for _, _, count in conv.places)
    floats = g.height * g.width * g.inputs
    by_panels = conv.products * g.outputs > floats
    work = conv.products * g.outputs * g.out_height * g.out_width
    most = max(1, min(_UNITS, work // _WORK))
    parts = all_panels if by_panels else 1
    chunks = -(-most // parts) if by_panels else max(most, -(-floats // _CHUNK))
    if alone or most == 1:
        parts = chunks = 1
    each, chunk = -(-all_panels // parts), -(-all_places // min(chunks, all_places))
    chunks = -(-all_places // chunk)
    body = f"part = unit // {chunks}\nchunk = unit % {chunks}\n" if parts * chunks > 1 else ""
    ahead = 0
    if conv.packed and parts > 1 and conv.products * conv.panels[0][1] >= _FAR:
        calls = min(chunk, all_places) * sum(count for _, _, count in columns)
        ahead = ahead_of(conv.panels[0][1], calls)
    part, turn = ("part", "chunk") if parts * chunks > 1 else ("0", "0")
    tiles = loops = ""
    for size, head_of_places in steps_of("row", conv.places, turn, chunk):
        inner = ""
        for channels, head_of_panels in steps_of("channel", conv.panels, part, each):
            inner += head_of_panels
            for column, wide, count in columns:
                found = (size, 1) if conv.flat else (size, wide)
                tile, text = _tile(request, conv, found, channels, ahead)
                tiles += "" if text in tiles else text
                inner += _call(conv, tile, at, (column, wide, count), ahead)
        loops += head_of_places + indent(inner, "    ")
    if ahead:
        loops = _AHEAD.format(
            weights=at["weights"], chunks=chunks, last=parts - 1, panel=conv.panels[0][1],
            products=conv.products, ahead=ahead,
        ) + loops  # fmt: skip
    body += head + indent(loops, "    ") if head else loops
    return parts * chunks, tiles, body


def _tile(
    request: Request, conv: _Conv, size: tuple[int, int], channels: int, ahead: int
) -> tuple[str, str]:
    """The name and the source of a tile of so many rows and columns, or of so many places."""
    g, (_, down, across) = conv.g, conv.x
    rows, columns = size
    tile = f"{NAME}_single_{rows}x{columns}x{channels}"
    where = [(row, column) for row in range(rows) for column in range(columns)]
    scalars = [
        (
            row * g.stride[0] * down + column * g.stride[1] * across,
            (row * g.out_width + column) * conv.place,
        )
        for row, column in where
    ]
    if conv.flat:
        scalars = [(place * across, place * conv.place) for place, _ in where]
    steps = conv.weights
    if conv.packed:
        steps = (g.kernel[0] * g.kernel[1] * channels, g.kernel[1] * channels, channels)
    taps = (conv.x[0], g.dilation[0] * down, g.dilation[1] * across)
    settings: dict[str, object] = {
        "width": request.target.width,
        "vectors": tuple((begin, begin, count) for begin, count in
                         vectors_of(channels, request.target.width)),
        "scalars": tuple(scalars),
        "loops": tuple(zip((g.inputs, *g.kernel), steps, taps, strict=True)),
        "bias": "none" if "bias" not in request.offsets else "vectors",
        **single_settings(request, "scalars"),
        **in_tiles(Epilogue.of(request.node))[0],
        **({"ahead": ahead} if ahead else {}),
        **({"adds": True} if ADDEND in request.node.arguments else {}),
    }  # fmt: skip
    return tile, f"{tile} = single_tile(SingleTile(\n{lines(settings)}))\n"


def _call(conv: _Conv, tile: str, at: dict[str, str], columns: Run, ahead: int) -> str:
    """The calls at row `row` and channel `channel`, or at place `row`."""
    g, (_, down, across) = conv.g, conv.x
    weights = f"{at['weights']} + channel"
    if conv.packed:
        weights = f"{at['weights']} + channel * {conv.products}"
    first, size, count = columns
    x, y, head, deep = f"row * {across}", "row", "", "    "
    if not conv.flat:
        x = f"row * {g.stride[0] * down} + column * {g.stride[1] * across}"
        y = f"(row * {g.out_width} + column)"
        head, deep = f"    for column in range({first}, {first + size * count}, {size}):\n", " " * 8
    array = "arena" if conv.packed else "weights"
    more = f", {at[ADDEND]} + {y} * {conv.place} + channel" if ADDEND in at else ""
    more += ", soon" if ahead else ""
    text = (
        f"{head}{deep}{tile}({array}, {weights}, arena, {at['x']} + {x}, weights, "
        f"{at['bias']} + channel, arena, {at['y']} + {y} * {conv.place} + channel{more})\n"
    )
    if ahead:
        text += f"{deep}{asked(conv.products * ahead)}"
    return text


def _prepare(request: Request, conv: _Conv) -> Function:
    """NAME_single_prepare: the weights of each panel in one piece."""
    g = conv.g
    own = {
        "weights": (request.offsets["weight"], g.outputs),
        "to": ("prepared", conv.products * g.outputs),
    }
    at, head = in_groups(g, **own)
    body, numbers = in_panels(
        conv.panels, conv.products, g.all_outputs, at["weights"], at["to"]
    )  # fmt: skip
    body = head + indent(body, "    ") if head else body
    doc = "The weights of each panel in one piece."
    return Function("single_prepare", PREPARE, doc, body, numbers=numbers)
