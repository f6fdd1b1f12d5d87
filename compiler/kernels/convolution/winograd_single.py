"""A convolution of one image by Winograd's transforms: the lanes are channels, the maps lie by
places. Its sums have the order of those of blocks (winograd.py), so that they are the same bits."""

from textwrap import indent

from lenet.compiler.contract import Request
from lenet.compiler.function import NAME, Function
from lenet.compiler.kernels.convolution.direct import in_tiles
from lenet.compiler.kernels.convolution.epilogue import Epilogue
from lenet.compiler.kernels.convolution.geometry import Geometry
from lenet.compiler.kernels.convolution.places_single import panels_of
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

_MEMORY = 20  # products of a weight that take as long as to read it from memory
_PIECES = 16  # of the weights that are transformed
_NEAR = 2**18  # transformed weights that the second-level cache has
# What the tiles of a unit ask for while they multiply: the weights that this thread takes next.
_AHEAD = """\
here = prepared + point * {u_point} + panel * {panel}
soon = min(unit + threads, {last})
soon = prepared + soon // {panels} * {u_point} + soon % {panels} * {panel}
enough = soon + {end}
"""
_LEAST = 8  # floats that a turn asks for, so that they come in time


def pays(request: Request, g: Geometry) -> bool:
    """Whether it takes less time than direct sums: 36 weights are read for each pair of channels
    instead of those of the kernel, but fewer products made."""
    arguments = request.node.arguments
    if not request.by_places or "forward" not in winograd_parts(arguments):
        return False
    if INTEGER in arguments or g.inputs % LANES or g.outputs % LANES:
        return False
    rows, columns = forward_of(request, g).tiles
    direct = g.kernel[0] * g.kernel[1] * (g.out_height * g.out_width + _MEMORY)
    return POINTS * (rows * columns + _MEMORY) < direct


def emit(request: Request, g: Geometry) -> Single:
    """Three stages: rows of tiles are transformed, points multiplied, and rows of tiles transformed
    back."""
    t = forward_of(request, g)
    rows, columns = t.tiles
    tile, made = place_floats(g.inputs), place_floats(g.outputs)
    # With a cache line more than it needs, as in winograd.py.
    v_point, m_point = (rows * columns * floats + LANES for floats in (tile, made))
    zeros = POINTS * (v_point + m_point)
    numbers = (
        ("height", g.height), ("width", g.width), ("columns", columns), ("above", g.padding[0]),
        ("left", g.padding[1]), ("place", tile), ("channels", g.inputs), ("point", v_point),
        ("zeros", zeros),
    )  # fmt: skip
    body = (
        "store(arena, scratch + zeros, splat(np.float32(0)))\n"
        f"{NAME}_single_into_tiles(arena, x, scratch + unit * columns * place, point, "
        "scratch + zeros, unit, height, width, columns, above, left, place, place, channels)\n"
    )
    register = request.target.width
    tiles = f"{NAME}_single_into_tiles = transform_places({t.kernel}, {register})\n\n\n"
    doc = "A row of tiles of x, transformed."
    parameters = ("arena", "x", "scratch", "unit")
    into = Function("single_into", parameters, doc, body, tiles, numbers=numbers)
    panels = panels_of(g.outputs, request.target)
    products = _products(request, g, rows * columns, v_point, m_point)
    prepare = Stage(preparation(request, "single", t, panels), _PIECES)
    return Single(
        _back(request, g, t, POINTS * v_point, m_point), zeros + LANES, rows,
        (Stage(into, rows), products), prepare, t.prepared, by_places=True,
    )  # fmt: skip


def _products(request: Request, g: Geometry, count: int, v_point: int, m_point: int) -> Stage:
    """Of `count` tiles: those of a point, for the outputs of a panel, are a unit."""
    target, t = request.target, forward_of(request, g)
    runs = panels_of(g.outputs, target)
    panels = sum(number for _, _, number in runs)
    tile, made = place_floats(g.inputs), place_floats(g.outputs)
    groups = split(count, target.places(2))
    widest = runs[0][1]
    ahead = 0
    if POINTS * g.inputs * g.outputs > _NEAR:
        ahead = min(LANES, max(_LEAST, -(-widest // sum(parts for _, _, parts in groups))))
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
                call += f"    soon = soon + {g.inputs * ahead} if soon < enough else here\n"
            body += indent(call, "    ")
    doc = "A panel of outputs of a point: transformed tiles times transformed weights."
    parameters = ("arena", "scratch", "prepared", "unit", "threads")
    function = Function("single_products", parameters, doc, body, f"{tiles}\n\n")
    return Stage(function, POINTS * panels)


def _back(request: Request, g: Geometry, t: Transformed, products: int, point: int) -> Function:
    """NAME_single, from `products` on, floats behind the transformed input, whose points lie so far
    apart."""
    bias = request.offsets.get("bias")
    clips = in_tiles(Epilogue.of(request.node))[0].get("clips")
    adds = ADDEND in request.node.arguments
    settings = f"{t.kernel}, {request.target.width}, {bias is not None}, {adds}, {clips!r}"
    tiles = f"{NAME}_single_tiles = transform_back_places({settings})\n\n\n"
    tensor, _, behind = (bias or "w").partition(" + ")
    numbers = (
        ("behind", int(behind or 0)), ("products", products), ("point", point),
        ("height", g.out_height), ("width", g.out_width), ("columns", t.tiles[1]),
        ("place", place_floats(g.outputs)), ("channels", g.outputs),
    )  # fmt: skip
    body = (
        f"{NAME}_single_tiles(arena, scratch + products + unit * columns * place, point, weights, "
        f"{tensor} + behind, y, {'x1' if adds else 0}, unit, height, width, columns, place, "
        f"place, channels)\n"
    )
    parameters = ("arena", "weights", "w", "scratch", *(("x1",) if adds else ()), "y", "unit")
    doc = f"y by Winograd's F({t.step}x{t.step}, {t.kernel}x{t.kernel})."
    return single_function(doc, body, parameters, tiles, numbers)
