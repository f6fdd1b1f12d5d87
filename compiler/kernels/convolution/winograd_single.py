"""A convolution of one image by Winograd's transforms: the lanes are channels, the maps lie by
places. Its sums have the order of those of blocks (winograd.py), so that they are the same bits."""

from textwrap import indent

from lenet.compiler.contract import Request
from lenet.compiler.function import NAME, Function
from lenet.compiler.kernels.convolution.direct import in_tiles
from lenet.compiler.kernels.convolution.epilogue import Epilogue
from lenet.compiler.kernels.convolution.geometry import Geometry
from lenet.compiler.kernels.convolution.places_single import ahead_of, asked, panels_of
from lenet.compiler.kernels.convolution.winograd import Transformed, forward_of, preparation
from lenet.compiler.kernels.convolution.winograd_parts import POINTS
from lenet.compiler.kernels.shared.joins import ADDEND
from lenet.compiler.kernels.shared.tile_source import lines
from lenet.compiler.kernels.shared.words import INTEGER
from lenet.compiler.single_contract import (
    Single,
    Stage,
    place_floats,
    single_function,
    steps_of,
    vectors_of,
)
from lenet.compiler.target import LANES, split
from lenet.dsl.layers.conv import winograd_parts

_TRANSFORM = 1000  # multiply-adds that take as long as to transform a tile of a channel
_MEMORY = 20  # products of a weight that take as long as to read it from memory
_ROWS = 8  # of tiles: at least so many units have the transforms of a strip
_PIECES = 16  # of the weights that are transformed
_NEAR = 2**18  # transformed weights that the second-level cache has
# What the tiles of a unit ask for while they multiply: the weights that this thread takes next.
_AHEAD = """\
here = prepared + point * {u_point} + panel * {panel}
soon = min(unit + threads, {last})
soon = prepared + soon // {panels} * {u_point} + soon % {panels} * {panel}
enough = soon + {end}
"""


def pays(request: Request, g: Geometry) -> bool:
    """Whether it takes less time than direct sums: 36 weights are read for each pair of channels
    instead of those of the kernel, but fewer products made."""
    arguments = request.node.arguments
    if not request.by_places or "forward" not in winograd_parts(arguments):
        return False
    if INTEGER in arguments or g.inputs % LANES or g.outputs % LANES:
        return False
    rows, columns = forward_of(request, g).tiles
    tiles, pairs, channels = rows * columns, g.inputs * g.outputs, g.inputs + g.outputs
    turned = POINTS * (tiles + _MEMORY) * pairs + _TRANSFORM * tiles * channels
    places, taps = g.out_height * g.out_width, g.kernel[0] * g.kernel[1]
    return turned < taps * (places + _MEMORY) * pairs


def emit(request: Request, g: Geometry) -> Single:
    """Three stages for each strip of rows of tiles: these are transformed, their points multiplied,
    and rows of tiles transformed back."""
    t = forward_of(request, g)
    strips = [
        (first + k * size, size)
        for first, size, parts in split(t.tiles[0], _rows_of_strip(g, t))
        for k in range(parts)
    ]
    count = max(size for _, size in strips) * t.tiles[1]
    # With a cache line more than it needs, as in winograd.py.
    v_point, m_point = (count * place_floats(n) + LANES for n in (g.inputs, g.outputs))
    points = v_point, m_point
    stages: list[Stage] = []
    for first, rows in strips:
        stages.append(Stage(_into(request, g, t, first, points), rows))
        stages.append(_products(request, g, t, rows * t.tiles[1], points))
        stages.append(Stage(_back(request, g, t, first, points), rows))
    *before, last = stages
    prepare = preparation(request, "single", t, panels_of(g.outputs, request.target))
    return Single(
        last.function, POINTS * sum(points) + LANES, last.units, tuple(before),
        Stage(prepare, _PIECES), t.prepared, by_places=True,
    )  # fmt: skip


def _rows_of_strip(g: Geometry, t: Transformed) -> int:
    """So many that reading the weights for each strip takes less than keeping all of a map's tiles
    would, and that there is a row for each of some threads."""
    tiles = 2 * g.inputs * g.outputs // (g.inputs + g.outputs)
    return max(_ROWS, -(-tiles // t.tiles[1]))


def _into(
    request: Request, g: Geometry, t: Transformed, first: int, points: tuple[int, int]
) -> Function:
    """NAME_single_into: a row of tiles of a strip that begins with the row `first`."""
    numbers = (
        ("first", first), ("height", g.height), ("width", g.width), ("columns", t.tiles[1]),
        ("above", g.padding[0]), ("left", g.padding[1]), ("place", place_floats(g.inputs)),
        ("channels", g.inputs), ("point", points[0]), ("zeros", POINTS * sum(points)),
    )  # fmt: skip
    body = (
        "store(arena, scratch + zeros, splat(np.float32(0)))\n"
        f"{NAME}_single_into_tiles(arena, x, scratch + unit * columns * place, point, scratch + "
        "zeros, first + unit, height, width, columns, above, left, place, channels)\n"
    )
    register = request.target.width
    tiles = f"{NAME}_single_into_tiles = transform_places({t.kernel}, {register})\n\n\n"
    doc = "A row of tiles of x, transformed."
    parameters = ("arena", "x", "scratch", "unit")
    return Function("single_into", parameters, doc, body, tiles, numbers=numbers)


def _products(
    request: Request, g: Geometry, t: Transformed, count: int, points: tuple[int, int]
) -> Stage:
    """Of `count` tiles: those of a point, for the outputs of a panel, are a unit."""
    target, (v_point, m_point) = request.target, points
    runs = panels_of(g.outputs, target)
    panels = sum(number for _, _, number in runs)
    tile, made = place_floats(g.inputs), place_floats(g.outputs)
    groups = split(count, target.places(2))
    widest = runs[0][1]
    ahead = 0
    if POINTS * g.inputs * g.outputs > _NEAR:
        ahead = ahead_of(widest, sum(parts for _, _, parts in groups))
    body, tiles = f"point = unit // {panels}\npanel = unit % {panels}\n", ""
    if ahead:
        body += _AHEAD.format(
            last=POINTS * panels - 1, panels=panels, u_point=t.u_point, panel=widest * g.inputs,
            end=(widest - ahead) * g.inputs,
        )  # fmt: skip
    for channels, head in steps_of("channel", runs, "panel", 1):
        body += head
        for first, size, parts in groups:
            name = f"{NAME}_single_products_{size}x{channels}"
            settings: dict[str, object] = {
                "width": target.width,
                "vectors": tuple((k, k, n) for k, n in vectors_of(channels, target.width)),
                "scalars": tuple((k * tile, k * made) for k in range(size)),
                "loops": ((g.inputs, channels, 1),),
                "bias": "none",
                **({"ahead": ahead} if ahead else {}),
            }
            tiles += f"{name} = single_tile(SingleTile(\n{lines(settings)}))\n"
            call = (
                f"for tile in range({first}, {first + size * parts}, {size}):\n"
                f"    {name}(arena, prepared + point * {t.u_point} + channel * {g.inputs}, "
                f"arena, scratch + point * {v_point} + tile * {tile}, arena, 0, arena, "
                f"scratch + {POINTS * v_point} + point * {m_point} + tile * {made} + channel"
                f"{', soon' if ahead else ''})\n"
            )
            if ahead:
                call += f"    {asked(g.inputs * ahead)}"
            body += indent(call, "    ")
    doc = "A panel of outputs of a point: transformed tiles times transformed weights."
    parameters = ("arena", "scratch", "prepared", "unit", "threads")
    function = Function(f"single_products_{count}", parameters, doc, body, f"{tiles}\n\n")
    return Stage(function, POINTS * panels)


def _back(
    request: Request, g: Geometry, t: Transformed, first: int, points: tuple[int, int]
) -> Function:
    """NAME_single: a row of tiles of a strip that begins with the row `first`."""
    bias = request.offsets.get("bias")
    clips = in_tiles(Epilogue.of(request.node))[0].get("clips")
    adds = ADDEND in request.node.arguments
    settings = f"{t.kernel}, {request.target.width}, {bias is not None}, {adds}, {clips!r}"
    tiles = f"{NAME}_single_tiles = transform_back_places({settings})\n\n\n"
    tensor, _, behind = (bias or "w").partition(" + ")
    numbers = (
        ("first", first), ("behind", int(behind or 0)), ("products", POINTS * points[0]),
        ("point", points[1]), ("height", g.out_height), ("width", g.out_width),
        ("columns", t.tiles[1]), ("place", place_floats(g.outputs)), ("channels", g.outputs),
    )  # fmt: skip
    body = (
        f"{NAME}_single_tiles(arena, scratch + products + unit * columns * place, point, weights, "
        f"{tensor} + behind, y, {'x1' if adds else 0}, first + unit, height, width, columns, "
        f"place, channels)\n"
    )
    parameters = ("arena", "weights", "w", "scratch", *(("x1",) if adds else ()), "y", "unit")
    doc = f"y by Winograd's F({t.step}x{t.step}, {t.kernel}x{t.kernel})."
    return single_function(doc, body, parameters, tiles, numbers)
