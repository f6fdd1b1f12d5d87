"""Register tiles of convolutions and linear layers: their inner loops, unrolled in LLVM IR.

Written as Python statements these would take numba seconds to compile; built straight into
LLVM IR they take a fraction and run as fast. A tile holds its sums in vector registers and is
chosen small enough to fit (see compiler/target.py). `width` is the number of floats in a register:
where it is less than the sixteen images of a block, a tile goes over the block in parts, each
lane with the same sums in the same order, so that all processors give the same bits.
"""

from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from lenet.compiler.simd.content import described
from lenet.compiler.simd.dot import dot, words
from lenet.compiler.simd.lanes import (
    FLOAT,
    INT64,
    broadcast,
    constant,
    data_pointer,
    fused_multiply_add,
    load_lanes,
    store_lanes,
)
from lenet.compiler.simd.loops import Carried, for_parts, loop
from lenet.compiler.simd.vector import clipped
from lenet.compiler.target import Bounds, Way


@dataclass(frozen=True)
class Correlation:
    """One tile of a correlation: `outputs` output channels at `columns` places.

    y[o, j] = start + sum over channel, row, taps (j, source, k) of
              x[channel, row, source] * w[channel, row, k, o]

    Steps are in floats. The taps are listed, not computed, so that padding, strides and the
    borders of a map cost nothing at run time. The sums start from bias[o], from what y holds
    ("sum", for sums over part of the channels), or from 0.

    With `integer`, the way of compiler/simd/dot.py, x and w are words of four bytes, and start and
    sums whole numbers. Where there is a `scale`, the floats from bias[o] to the output's scale, y
    gets the sums times that, as floats. Sums of floats are kept within the bounds that `clips` has,
    the upper one of which may be missing. Stored `past` the caches, they go straight to memory.
    """

    width: int
    outputs: int
    columns: int
    taps: tuple[tuple[int, int, int], ...]
    x_channel: int
    x_row: int
    x_column: int
    w_channel: int
    w_row: int
    w_tap: int
    w_output: int
    y_output: int
    y_column: int
    start: str = "zero"
    integer: Way | None = None
    scale: int = 0
    clips: Bounds | None = None
    past: bool = False


@described
def correlate(tile: Correlation) -> Any:
    """An intrinsic `(x, x0, channels, rows, w, w0, b0, y, y0)` that computes one tile.

    x, w and y are float32 arrays and x0, w0, b0 and y0 offsets into them (b0 into w); the sums
    run over `channels` times `rows`, in that order.
    """
    lanes = ir.VectorType(FLOAT, tile.width)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        x, x0, channels, rows, w, w0, b0, y, y0 = args
        x = data_pointer(context, builder, sig.args[0], x)
        w = data_pointer(context, builder, sig.args[4], w)
        y = data_pointer(context, builder, sig.args[7], y)

        def scalar(offset: Any) -> Any:
            return broadcast(builder, builder.load(builder.gep(w, [offset]), align=4), lanes)

        def number(floats: Any) -> Any:
            """What is summed and multiplied: floats, or the words in their places."""
            return floats if tile.integer is None else words(builder, floats)

        def weight(offset: Any) -> Any:
            return number(scalar(offset))

        def multiply_add(value: Any, factor: Any, total: Any) -> Any:
            if tile.integer is None:
                return fused_multiply_add(builder, value, factor, total)
            return dot(builder, tile.integer, value, factor, total)

        def finished(total: Any, output: int) -> Any:
            """The floats that are stored for a sum."""
            if tile.integer is None:
                return clipped(builder, total, tile.clips)
            if not tile.scale:
                return builder.bitcast(total, lanes)
            scale = scalar(builder.add(b0, INT64(output + tile.scale)))
            return builder.fmul(builder.sitofp(total, lanes), scale)

        def at(base: Any, *steps: tuple[Any, int]) -> Any:
            for index, step in steps:
                base = builder.add(base, builder.mul(index, INT64(step)))
            return base

        def place(base: Any, output: int, j: int) -> Any:
            return builder.add(base, INT64(output * tile.y_output + j * tile.y_column))

        def start(y_base: Any) -> Carried:
            sums: Carried = []
            for output in range(tile.outputs):
                if tile.start == "sum":
                    places = [place(y_base, output, j) for j in range(tile.columns)]
                    sums += [number(load_lanes(builder, y, p, tile.width)) for p in places]
                elif tile.start == "bias":
                    sums += [weight(builder.add(b0, INT64(output)))] * tile.columns
                else:
                    sums += [number(constant(0.0, tile.width))] * tile.columns
            return sums

        def row_body(x_base: Any, w_base: Any, sums: Carried) -> Carried:
            columns: dict[int, Any] = {}
            for k in sorted({k for _, _, k in tile.taps}):
                places = [(j, source) for j, source, tap in tile.taps if tap == k]
                for _, source in places:
                    if source not in columns:
                        offset = builder.add(x_base, INT64(source * tile.x_column))
                        columns[source] = number(load_lanes(builder, x, offset, tile.width))
                for output in range(tile.outputs):
                    offset = INT64(k * tile.w_tap + output * tile.w_output)
                    factor = weight(builder.add(w_base, offset))
                    for j, source in places:
                        index = output * tile.columns + j
                        sums[index] = multiply_add(columns[source], factor, sums[index])
            return sums

        def part_body(part: Any) -> None:
            x_part = at(x0, (part, tile.width))
            y_part = at(y0, (part, tile.width))

            def channel_body(channel: Any, sums: Carried) -> Carried:
                x_base = at(x_part, (channel, tile.x_channel))
                w_base = at(w0, (channel, tile.w_channel))
                return loop(
                    builder,
                    rows,
                    sums,
                    lambda row, sums: row_body(
                        at(x_base, (row, tile.x_row)), at(w_base, (row, tile.w_row)), sums
                    ),
                )

            sums = loop(builder, channels, start(y_part), channel_body)
            for output in range(tile.outputs):
                for j in range(tile.columns):
                    value = finished(sums[output * tile.columns + j], output)
                    store_lanes(builder, value, y, place(y_part, output, j), past=tile.past)

        for_parts(builder, tile.width, part_body)
        return context.get_dummy_value()

    @intrinsic
    def correlation(
        typing_context: Any, x: Any, x0: Any, channels: Any, rows: Any,
        w: Any, w0: Any, b0: Any, y: Any, y0: Any,
    ) -> Any:  # fmt: skip
        i = types.int64
        return types.void(x, i, i, i, w, i, i, y, i), generate

    return correlation
