"""The products of a step, of all blocks of a group: the weights are read once for them."""

from textwrap import indent

from lenet.compiler.contract import Request
from lenet.compiler.function import NAME
from lenet.compiler.kernels.recurrence.cell import Recurrence
from lenet.compiler.kernels.shared.tile_source import correlation_source
from lenet.compiler.target import BLOCKS, LANES, Target, split


def most_columns(target: Target, outputs: int) -> int:
    """The most blocks or steps that a tile takes: a power of two."""
    return 1 << (target.tile(outputs, BLOCKS)[1].bit_length() - 1)


def sums(request: Request, r: Recurrence, block: int) -> tuple[str, str]:
    """Tiles, and the source that makes the sums of a step from x and h before them, in scratch of
    `block` floats for each block: inputs, h, sums."""
    bias, both = request.offsets["bias"], r.inputs + r.units
    tiles, body = "", ""
    for first, count, value, values, weights in parts_of_sums(request, r):
        found, source = over_blocks(
            request.target, f"{NAME}_sums_{first}", count,
            {"x_column": block, "w_channel": r.columns, "w_output": 1, "y_column": block,
             "start": "bias"},
            f"arena, scratch + block * {block} + {value * LANES}, {values}, 1, weights, "
            f"{weights} + output, {bias} + {first} + output, arena, "
            f"scratch + block * {block} + ({both + first} + output) * {LANES}",
        )  # fmt: skip
        tiles, body = tiles + found, body + source
    return tiles, body


def parts_of_sums(request: Request, r: Recurrence) -> list[tuple[int, int, int, int, str]]:
    """(first sum, how many, first value of x and h, how many, their weights). The weights of h lie
    behind those of x, so that where sums are over both, they are one product."""
    weight, units = request.offsets["input_weight"], r.units
    if not r.cell.apart:
        return [(0, r.sums, 0, r.inputs + units, weight)]
    column = 2 * units
    recurrent = f"{request.offsets['recurrent_weight']} + {column}"
    return [
        (0, column, 0, r.inputs + units, weight),
        (column, units, 0, r.inputs, f"{weight} + {column}"),
        (column + units, units, r.inputs, units, recurrent),
    ]


def state_gradient(request: Request, r: Recurrence, block: int) -> tuple[str, str]:
    """Tiles, and the source that adds to dh, at scratch, what comes of a step's sums."""
    recurrent = request.offsets["recurrent_weight"]
    tiles, body = "", ""
    for span in r.of_state:
        found, source = over_blocks(
            request.target, f"{NAME}_before_{span.first}", r.units,
            {"x_column": r.saved, "w_channel": 1, "w_output": r.columns, "y_column": block,
             "start": "sum"},
            f"arena, saved + block * {r.saved} + (step * {r.sums} + {span.first}) * {LANES}, "
            f"{span.count}, 1, weights, {recurrent} + {span.column} + output * {r.columns}, 0, "
            f"arena, scratch + block * {block} + output * {LANES}",
        )  # fmt: skip
        tiles, body = tiles + found, body + source
    return tiles, body


def over_blocks(
    target: Target, name: str, outputs: int, settings: dict[str, object], call: str,
    each: str = "block", count: str = "blocks", y_output: int = LANES,
) -> tuple[str, str]:  # fmt: skip
    """Tiles for 1, 2, 4 … columns, and the loops over them; `call` are a tile's arguments, by
    `block` and `output`. The columns may be others than blocks."""
    tiles, body = "", f"{each} = 0\n"
    columns = most_columns(target, outputs)
    while columns:
        body += f"while {each} + {columns} <= {count}:\n"
        for start, size, parts in split(outputs, target.tile(outputs, columns)[0]):
            tile = f"{name}_{size}x{columns}"
            if f"{tile} = " not in tiles:
                tiles += correlation_source(
                    tile, width=target.width, outputs=size, columns=columns,
                    taps=tuple((j, j, 0) for j in range(columns)), x_channel=LANES, x_row=0,
                    w_row=0, w_tap=0, y_output=y_output, **settings,
                )  # fmt: skip
            loop = f"for output in range({start}, {start + size * parts}, {size}):\n"
            body += indent(f"{loop}    {tile}({call})\n", "    ")
        body += f"    {each} += {columns}\n"
        columns //= 2
    return tiles, body
