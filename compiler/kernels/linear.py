"""linear: matrix products between the blocks of a group and the weights."""

from collections.abc import Mapping
from dataclasses import replace

from lenet.compiler.contract import BACKWARD, FORWARD, Kernels, Request
from lenet.compiler.function import NAME, Function
from lenet.compiler.kernels.shared.linear_gradient import (
    factor_floats,
    factors_of,
    gradient_of,
    late_of,
    padded,
)
from lenet.compiler.kernels.shared.tile_source import correlation_source, lines
from lenet.compiler.kernels.shared.words import INTEGER, fits, single_settings, words_of
from lenet.compiler.single_contract import Single, single_function, vector_groups, vectors_of
from lenet.compiler.target import BLOCKS, LANES, split
from lenet.dsl.graph import Node

# Weights of so many inputs are read by all outputs before the next ones: each of their cache lines
# holds the weights of several tiles, and has to stay in the first-level cache until the last.
_INPUTS = 64
_LATE = 2**20  # weights, from which on their gradient waits; see compiler/codegen/late.py
_MANY = 2**16  # weights, too many to stay in a cache beside the others

_SINGLE = "y = the bias plus x times the weights; the lanes are outputs."
_STREAMED = 2**18  # weights: more than the second-level cache may have beside others
_SPAN = 1024  # outputs of which a thread takes the weights' rows
_ROWS, _TILE = 16, 64  # rows, and outputs of each, that a tile takes


def emit(request: Request) -> Kernels:
    """x (inputs), y (outputs); weights are [in][out]. Each function takes all blocks of a group,
    so that weights are read once for them."""
    inputs, outputs = request.node.given[0], request.node.shape[0]
    weight, bias = request.offsets["weight"], request.offsets.get("bias")
    if INTEGER in request.node.arguments:
        return _of_words(request, inputs, outputs)
    usual = Kernels(
        forward=_forward(request, inputs, outputs, weight, bias),
        backward=_backward(request, inputs, outputs, weight),
        gradient=gradient_of(request, inputs, outputs, weight, bias),
        scratch={"gradient": LANES * padded(outputs)},
        overwrites=True,
    )
    if not request.late or inputs * outputs < _LATE:
        return usual
    return replace(
        usual,
        gradient=factors_of(inputs, outputs, bias),
        late=late_of(request, inputs, outputs),
        late_runs=tuple(split(inputs, request.target.product[0])),
        factors=factor_floats(inputs, outputs),
    )


def has_integers(node: Node) -> bool:
    """Whether it can compute of bytes: the sums fit."""
    return fits(node)


def _of_words(request: Request, inputs: int, outputs: int) -> Kernels:
    """Forward of bytes: sums of whole numbers, which become floats at the end."""
    groups, at = words_of(request.node).groups, request.offsets
    integer = {"integer": request.target.dot}
    words = (
        f"for block in range(blocks):\n"
        f"    words_of_channels(arena, weights, {at['input']}, x + block * {inputs * LANES}, "
        f"scratch + block * {groups * LANES}, {inputs}, 1, 1, 0, 0, 1, 1)\n"
    )
    sums = _forward(request, groups, outputs, at["weight"], at["bias"], "scratch", integer)
    floats = (
        f"for block in range(blocks):\n"
        f"    finish_sums(arena, weights, {at['scale']}, y + block * {outputs * LANES}, "
        f"{outputs})\n"
    )
    names = (*sums.parameters, "scratch")
    forward = replace(sums, parameters=names, body=words + sums.body + floats)
    return Kernels(forward=forward, scratch={"forward": groups * LANES})


def _forward(
    request: Request, inputs: int, outputs: int, weight: str, bias: str | None, x: str = "x",
    integer: Mapping[str, object] | None = None,
) -> Function:  # fmt: skip
    start = "0" if bias is None else f"weights[{bias} + output]"
    fill = (
        f"for block in range(blocks):\n"
        f"    for output in range({outputs}):\n"
        f"        store(arena, y + (block * {outputs} + output) * {LANES}, "
        f"splat(np.float32({start})))\n"
    )
    # Each tile prefetches its part of the next inputs' weights: a processor does not guess them
    # from a tile's steps of a whole row, and those that other threads have changed come slowly.
    ahead = f"{weight} + (feature + {_INPUTS}) * {outputs} + output * {_INPUTS}"
    tiles, body = _product(
        request, "forward", (x, "y"), inputs, outputs,
        f"{weight} + feature * {outputs} + output", w_channel=outputs, w_output=1,
        ahead=ahead if inputs * outputs >= _MANY else "", integer=integer,
    )  # fmt: skip
    doc = "y = the bias plus x times the weights."
    return Function("forward", (*FORWARD, "blocks"), doc, fill + body, f"{tiles}\n\n")


def _backward(request: Request, inputs: int, outputs: int, weight: str) -> Function:
    tiles, body = _product(
        request, "backward", ("dy", "dx"), outputs, inputs,
        f"{weight} + output * {outputs}", w_channel=1, w_output=outputs,
    )  # fmt: skip
    doc = "dx = dy times the transposed weights."
    return Function("backward", (*BACKWARD, "blocks"), doc, body, f"{tiles}\n\n")


def _product(
    request: Request, suffix: str, ends: tuple[str, str], inputs: int, outputs: int, weights: str,
    w_channel: int, w_output: int, ahead: str = "", integer: Mapping[str, object] | None = None,
) -> tuple[str, str]:  # fmt: skip
    """Tiles, and the loops over them. Forward adds to y, some inputs at a time; `ahead` is where
    those weights lie that a tile prefetches. `integer` are the settings of tiles of words."""
    name, (x, y) = f"{NAME}_{suffix}", ends
    adds = suffix == "forward"
    source = body = ""
    if adds:
        body += f"for feature in range(0, {inputs}, {_INPUTS}):\n"
        body += f"    features = min({_INPUTS}, {inputs} - feature)\n"
    inner = "    " if adds else ""
    body += f"{inner}block = 0\n"
    columns = 1 << (request.target.tile(outputs, BLOCKS)[1].bit_length() - 1)
    while columns:
        body += f"{inner}while block + {columns} <= blocks:\n"
        for start, size, parts in split(outputs, request.target.tile(outputs, columns)[0]):
            tile = f"{name}_{size}x{columns}"
            source += correlation_source(
                tile,
                width=request.target.width,
                outputs=size,
                columns=columns,
                taps=tuple((j, j, 0) for j in range(columns)),
                x_channel=LANES,
                x_row=0,
                x_column=inputs * LANES,
                w_channel=w_channel,
                w_row=0,
                w_tap=0,
                w_output=w_output,
                y_output=LANES,
                y_column=outputs * LANES,
                start="sum" if adds else "zero",
                **(integer or {}),
            )
            first, count = (f"{x} + feature * {LANES}", "features") if adds else (x, str(inputs))
            body += f"{inner}    for output in range({start}, {start + size * parts}, {size}):\n"
            if ahead:
                body += f"{inner}        prefetch(weights, {ahead}, {_INPUTS * size})\n"
            body += (
                f"{inner}        {tile}(arena, {first} + block * {inputs * LANES}, {count}, 1, "
                f"weights, {weights}, 0, arena, {y} + (block * {outputs} + output) * {LANES})\n"
            )
        body += f"{inner}    block += {columns}\n"
        columns //= 2
    return source, body


def emit_single(request: Request) -> Single:
    """One image: the lanes are outputs."""
    inputs, outputs = request.node.given[0], request.node.shape[0]
    weight, bias = request.offsets["weight"], request.offsets.get("bias")
    if INTEGER not in request.node.arguments and inputs * outputs >= _STREAMED:
        return _streamed(request, inputs, outputs)
    width = request.target.width
    runs = split(len(vectors_of(outputs, width)), 8)
    tiles = body = ""
    x, scratch = "x", 0
    if INTEGER in request.node.arguments:
        settings_at, count = request.offsets["input"], inputs
        inputs = words_of(request.node).groups
        x, scratch = "scratch", -(-inputs // LANES) * LANES
        body = f"single_words_of_values(arena, weights, {settings_at}, x, scratch, {count})\n"
    for start, vectors, groups in vector_groups(outputs, width, runs):
        step = sum(floats for _, floats in vectors)
        tile, source = _single_tile(request, f"{start}", step, inputs, bias is not None)
        tiles += source
        body += (
            f"for output in range({start}, {start + groups * step}, {step}):\n"
            f"    {tile}(weights, {weight} + output, arena, {x}, weights, {bias or 0} + output, "
            f"arena, y + output)\n"
        )
    return Single(single_function(_SINGLE, body, tiles=f"{tiles}\n\n"), scratch)


def _single_tile(
    request: Request, name: str, outputs: int, inputs: int, starts: bool
) -> tuple[str, str]:
    """The name and the source of a tile of so many outputs, whose sums of so many inputs start with
    what lies in a vector, or at 0."""
    tile, width = f"{NAME}_single_{name}", request.target.width
    settings: dict[str, object] = {
        "width": width,
        "vectors": tuple((begin, begin, floats) for begin, floats in vectors_of(outputs, width)),
        "scalars": ((0, 0),),
        "loops": ((inputs, request.node.shape[0], 1),),
        "bias": "vectors" if starts else "none",
        **single_settings(request, "scalars"),
    }
    return tile, f"{tile} = single_tile(SingleTile(\n{lines(settings)}))\n"


def _streamed(request: Request, inputs: int, outputs: int) -> Single:
    """Where memory is what takes time: a few rows of weights at a time, from one end to the other,
    whose products are added to the sums so far."""
    weight, bias = request.offsets["weight"], request.offsets.get("bias")
    span = min(_SPAN, -(-outputs // (2 * _TILE)) * _TILE)
    begin = f"weights[{bias} + output]" if bias else "np.float32(0)"
    body = (
        f"first = unit * {span}\n"
        f"end = min(first + {span}, {outputs})\n"
        f"for output in range(first, end):\n    arena[y + output] = {begin}\n"
    )
    tiles = ""
    whole, rest = inputs - inputs % _ROWS, outputs % _TILE
    for first, count in ((0, _ROWS), (whole, inputs % _ROWS)):
        if not count:
            continue
        last = whole if count == _ROWS else inputs
        body += f"for row in range({first}, {last}, {count}):\n"
        for size in (_TILE, rest):
            if not size or size > outputs:
                continue
            tile, source = _single_tile(request, f"{count}_{size}", size, count, starts=True)
            tiles += source
            head = f"for output in range(first, end - {_TILE - 1}, {_TILE}):"
            if size != _TILE:
                head = f"if end == {outputs}:"
            at = "output" if size == _TILE else f"{outputs - rest}"
            body += (
                f"    {head}\n        {tile}(weights, {weight} + row * {outputs} + {at}, arena, "
                f"x + row, arena, y + {at}, arena, y + {at})\n"
            )
    parameters = ("arena", "weights", "w", "s", "x", "y", "unit")
    function = single_function(_SINGLE, body, parameters, tiles=f"{tiles}\n\n")
    return Single(function, units=-(-outputs // span))
