"""The parts of convolutions by Winograd's transforms, as functions that are told numbers of
channels: those of maps of one size are alike, and are compiled once (compiler/simd/content.py)."""

from collections.abc import Iterator
from textwrap import indent
from typing import Any

from lenet.compiler.function import NAME, Function
from lenet.compiler.kernels.shared.tile_source import lines
from lenet.compiler.simd.products.sizes import WINOGRAD as SIZE
from lenet.compiler.target import LANES, Target, split

POINTS = SIZE * SIZE


def transform(suffix: str, what: str, **tiles: Any) -> str:
    """The text of the function NAME_suffix: tiles of all channels of a map to their points.

    `what` is transform_input or transform_slopes, `tiles` are the settings of Tiles.
    """
    size = tiles["height"] * tiles["width"] * LANES
    parameters = "arena", "x", "channels", "v", "v_point", "zeros", "first", "high"
    body = (
        f"for channel in range(channels):\n"
        f"    {NAME}_{suffix}_tiles(arena, x + channel * {size}, "
        f"v + channel * high * {tiles['columns'] * LANES}, v_point, zeros, first, high)\n"
    )
    doc = "`high` rows of tiles of each channel, from the row `first` on, transformed."
    head = f"{NAME}_{suffix}_tiles = {what}(Tiles(\n{lines(tiles)}))\n\n\n"
    return Function(suffix, parameters, doc, body, head).source(NAME)


def transform_back(suffix: str, bias: bool, **tiles: Any) -> str:
    """The text of the function NAME_suffix: some channels of a map from their points."""
    start = "weights[bias + channel]" if bias else "np.float32(0)"
    size = tiles["height"] * tiles["width"] * LANES
    parameters = "arena", "weights", "m", "m_point", "bias", "y", "channels", "first", "high"
    body = (
        f"for channel in range(channels):\n"
        f"    {NAME}_{suffix}_tiles(arena, m + channel * high * {tiles['columns'] * LANES}, "
        f"m_point, {start}, y + channel * {size}, first, high)\n"
    )
    doc = "Channels of y, transformed back: `high` rows of tiles, from the row `first` on."
    head = f"{NAME}_{suffix}_tiles = transform_output(Tiles(\n{lines(tiles)}))\n\n\n"
    return Function(suffix, parameters, doc, body, head).source(NAME)


def products(suffix: str, target: Target, outputs: int, count: int) -> tuple[str, str]:
    """The text of the function NAME_suffix, which multiplies `count` tiles with transformed
    weights; and its last arguments."""
    high, wide = target.tile(outputs, count)
    tiles, loops = "", f"for point in range({POINTS}):\n"
    ends: dict[str, int] = {}
    for size, channels in _ranges("outputs", outputs, high, ends):
        loops += f"    for output in {channels}:\n"
        for places, neighbours in _ranges("tiles", count, wide, ends):
            tile = f"{NAME}_{suffix}_{size}x{places}"
            tiles += f"{tile} = multiply_tiles({target.width}, {size}, {places}, {count})\n"
            loops += (
                f"        for tile in {neighbours}:\n"
                f"            {tile}(arena, v + point * v_point + tile * {LANES}, inputs, "
                f"ready, u + point * u_point + output * inputs, "
                f"m + point * m_point + (output * {count} + tile) * {LANES})\n"
            )
    parameters = (
        "arena", "v", "v_point", "ready", "u", "u_point", "m", "m_point", "inputs", *ends
    )  # fmt: skip
    doc = "m = v times u, point by point: [output][tile] of [input][tile] and [input][output]."
    text = Function(suffix, parameters, doc, loops, f"{tiles}\n\n").source(NAME)
    return text, ", ".join(map(str, ends.values()))


def point_products(
    suffix: str, target: Target, inputs: int, outputs: int, count: int
) -> tuple[str, str]:
    """The text of the function NAME_suffix, which multiplies transformed inputs and slopes, summed
    over blocks and tiles; and its last arguments."""
    tiles = loops = ""
    ends: dict[str, int] = {}
    for lefts, channels in _ranges("inputs", inputs, target.lefts, ends):
        loops += f"for channel in {channels}:\n"
        most = target.rights(lefts)
        for rights, others in _ranges(f"outputs_of_{lefts}", outputs, most, ends):
            tile = f"{NAME}_{suffix}_{lefts}x{rights}"
            full = target.is_full(lefts, rights)
            tiles += (
                f"{tile} = multiply_points({target.width}, {lefts}, {rights}, {count}, {full})\n"
            )
            loops += (
                f"    for output in {others}:\n"
                f"        {tile}(arena, x + point * x_point + channel * {count * LANES}, x_block, "
                f"dy + point * dy_point + output * {count * LANES}, dy_block, blocks, "
                f"g + point * g_point + channel * g_row + output, g_row, before)\n"
            )
    parameters = (
        "arena", "x", "x_point", "x_block", "dy", "dy_point", "dy_block", "g", "g_point", "blocks",
        "g_row", "before", *ends,
    )  # fmt: skip
    body = f"for point in range({POINTS}):\n" + indent(loops, "    ")
    doc = "g += x times dy, point by point, or = where `before` is 0; [input][output]."
    text = Function(suffix, parameters, doc, body, f"{tiles}\n\n").source(NAME)
    return text, ", ".join(map(str, ends.values()))


def _ranges(what: str, count: int, most: int, ends: dict[str, int]) -> Iterator[tuple[int, str]]:
    """The range of each size that `count` is split into, whose end is a parameter, added to
    `ends`."""
    start = "0"
    for first, size, parts in split(count, most):
        end = f"{what}_{size}"
        ends[end] = first + size * parts
        yield size, f"range({start}, {end}, {size})"
        start = end
