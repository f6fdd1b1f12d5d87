"""Register tiles for one image: the lanes are neighbours in memory, columns or channels.

The last vector of a row, or of a place's channels, may be a part of one.
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
    INT32,
    INT64,
    broadcast,
    constant,
    data_pointer,
    fused_multiply_add,
    load_lanes,
    store_lanes,
)
from lenet.compiler.simd.loops import Carried, loop
from lenet.compiler.simd.prefetch import ask_for
from lenet.compiler.simd.vector import beats, clipped
from lenet.compiler.target import Bounds, Way

_FEW = 8  # sums whose loops may be unrolled


@dataclass(frozen=True)
class SingleTile:
    """Sums of products of vectors and scalars, for each of `vectors` and each of `scalars`.

    y[scalar, vector] = start + sum over all loops of v[...] * s[...]

    vectors: (offset into v, offset into y, floats) of each; scalars: (offset into s, offset into
    y). loops: (count, step in v, step in s) from the outermost. The start is bias[scalar number]
    ("scalars"), bias[offset into y] of the vector ("vectors"), or 0. Neighbours in a vector are
    `scatter` floats apart in y. `taps` are steps of an innermost loop that is not even: (in v,
    in s).

    With `integer`, the way of compiler/simd/dot.py, v and s are words of four bytes, the one that
    is `unsigned` ("vectors" or "scalars") values, the other weights. Start and sums are then whole
    numbers; y gets them as floats, times their scales, which lie `scale` floats behind the bias.
    What y gets is kept within the bounds that `clips` has, the upper one of which may be missing.

    With `ahead`, each turn of the innermost loop asks for so many more floats of v, from an offset
    on that the tile is given: what is needed soon is on its way while there is work to do.

    If it `adds`, what lies in y from another offset on, which it is given, is added to the sums.
    """

    width: int
    vectors: tuple[tuple[int, int, int], ...]
    scalars: tuple[tuple[int, int], ...]
    loops: tuple[tuple[int, int, int], ...]
    bias: str
    scatter: int = 1
    taps: tuple[tuple[int, int], ...] = ((0, 0),)
    integer: Way | None = None
    unsigned: str = "vectors"
    scale: int = 0
    clips: Bounds | None = None
    ahead: int = 0
    adds: bool = False


@described
def single_tile(tile: SingleTile) -> Any:
    """An intrinsic `(v, v0, s, s0, b, b0, y, y0)`, behind these the offset of what it `adds`, and
    `soon` where it asks `ahead`; b holds the bias."""
    lanes = ir.VectorType(FLOAT, tile.width)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        v, s, b, y = (data_pointer(context, builder, sig.args[k], args[k]) for k in (0, 2, 4, 6))
        v0, s0, b0, y0 = args[1], args[3], args[5], args[7]

        def splat(data: Any, offset: Any) -> Any:
            return broadcast(builder, builder.load(builder.gep(data, [offset]), align=4), lanes)

        def vector(data: Any, offset: Any, count: int) -> Any:
            """`count` floats, and zeros behind them: nothing beyond is read."""
            part = load_lanes(builder, data, offset, count, aligned=False)
            if count == tile.width:
                return part
            mask = [min(k, count) for k in range(tile.width)]
            zeros = ir.Constant(part.type, [0.0] * count)
            kind = ir.VectorType(INT32, tile.width)
            return builder.shuffle_vector(part, zeros, ir.Constant(kind, mask))

        def number_of(floats: Any) -> Any:
            """What is summed and multiplied: floats, or the words in their places."""
            return floats if tile.integer is None else words(builder, floats)

        def beside(start: int, number: int, to: int, count: int) -> Any:
            """The bias of a sum, or what else lies there for each of them, from `start` on."""
            if tile.bias == "scalars":
                return splat(b, builder.add(b0, INT64(start + number)))
            return vector(b, builder.add(b0, INT64(start + to)), count)

        def multiply_add(value: Any, factor: Any, total: Any) -> Any:
            if tile.integer is None:
                return fused_multiply_add(builder, value, factor, total)
            pair = (value, factor) if tile.unsigned == "vectors" else (factor, value)
            return dot(builder, tile.integer, *pair, total)

        sums: Carried = []
        for number in range(len(tile.scalars)):
            for _, to, count in tile.vectors:
                if tile.bias == "none":
                    sums.append(constant(0.0, tile.width))
                else:
                    sums.append(number_of(beside(0, number, to, count)))

        # How many turns of the innermost loop one of each loop has.
        turns = [len(tile.taps)]
        for count, _, _ in reversed(tile.loops[1:]):
            turns.insert(0, turns[0] * count)

        def innermost(v_base: Any, s_base: Any, soon: Any, sums: Carried) -> Carried:
            if tile.ahead:
                ask_for(builder, builder.gep(v, [soon]))
            loaded = [
                number_of(vector(v, builder.add(v_base, INT64(offset)), count))
                for offset, _, count in tile.vectors
            ]
            for number, (offset, _) in enumerate(tile.scalars):
                factor = number_of(splat(s, builder.add(s_base, INT64(offset))))
                for j, value in enumerate(loaded):
                    k = number * len(loaded) + j
                    sums[k] = multiply_add(value, factor, sums[k])
            return sums

        def nest(depth: int, v_base: Any, s_base: Any, soon: Any, sums: Carried) -> Carried:
            if depth == len(tile.loops):
                for number, (v_step, s_step) in enumerate(tile.taps):
                    v_place = builder.add(v_base, INT64(v_step))
                    s_place = builder.add(s_base, INT64(s_step))
                    line = builder.add(soon, INT64(number * tile.ahead))
                    sums = innermost(v_place, s_place, line, sums)
                return sums
            count, v_step, s_step = tile.loops[depth]
            if count == 1:
                return nest(depth + 1, v_base, s_base, soon, sums)

            def body(index: Any, sums: Carried) -> Carried:
                return nest(
                    depth + 1,
                    builder.add(v_base, builder.mul(index, INT64(v_step))),
                    builder.add(s_base, builder.mul(index, INT64(s_step))),
                    builder.add(soon, builder.mul(index, INT64(turns[depth] * tile.ahead))),
                    sums,
                )

            return loop(builder, INT64(count), sums, body, fills_registers=len(sums) > _FEW)

        sums = nest(0, v0, s0, args[-1] if tile.ahead else INT64(0), sums)
        for number, (_, scalar_to) in enumerate(tile.scalars):
            for j, (_, to, count) in enumerate(tile.vectors):
                value = sums[number * len(tile.vectors) + j]
                if tile.integer is not None:
                    scale = beside(tile.scale, number, to, count)
                    value = builder.fmul(builder.sitofp(value, lanes), scale)
                at = INT64(scalar_to + to * tile.scatter)
                if tile.adds:
                    value = builder.fadd(value, vector(y, builder.add(args[8], at), count))
                value = clipped(builder, value, tile.clips)
                base = builder.add(y0, at)
                _store_first(builder, value, count, y, base, tile.scatter)
        return context.get_dummy_value()

    i = types.int64
    if tile.ahead and tile.adds:

        @intrinsic
        def with_two(
            typing_context: Any, v: Any, v0: Any, s: Any, s0: Any, b: Any, b0: Any, y: Any, y0: Any,
            addend: Any, soon: Any,
        ) -> Any:  # fmt: skip
            return types.void(v, i, s, i, b, i, y, i, i, i), generate

        return with_two

    @intrinsic
    def single(
        typing_context: Any, v: Any, v0: Any, s: Any, s0: Any, b: Any, b0: Any, y: Any, y0: Any
    ) -> Any:
        return types.void(v, i, s, i, b, i, y, i), generate

    @intrinsic
    def with_one(
        typing_context: Any, v: Any, v0: Any, s: Any, s0: Any, b: Any, b0: Any, y: Any, y0: Any,
        another: Any,
    ) -> Any:  # fmt: skip
        return types.void(v, i, s, i, b, i, y, i, i), generate

    return with_one if tile.ahead or tile.adds else single


def _store_first(
    builder: ir.IRBuilder, value: Any, count: int, data: Any, offset: Any, step: int
) -> None:
    """The first `count` lanes, `step` floats apart."""
    if step != 1:
        for lane in range(count):
            element = builder.extract_element(value, INT32(lane))
            builder.store(element, builder.gep(data, [builder.add(offset, INT64(lane * step))]))
        return
    if count < value.type.count:
        mask = ir.Constant(ir.VectorType(INT32, count), list(range(count)))
        value = builder.shuffle_vector(value, ir.Constant(value.type, ir.Undefined), mask)
    store_lanes(builder, value, data, offset, aligned=False)


@dataclass(frozen=True)
class SinglePool:
    """`count` neighbouring places of one row of a pooled map.

    x_row is the distance of rows in x, `stride` that of windows in a row.
    """

    largest: bool
    count: int
    window: tuple[int, int]
    stride: int
    x_row: int


@described
def single_pool(pool: SinglePool) -> Any:
    """An intrinsic `(array, x, y)`: the largest value, or the mean, of each window."""
    height, width = pool.window
    reach = (pool.count - 1) * pool.stride + 1
    kind = ir.VectorType(INT32, pool.count)
    every = ir.Constant(kind, [k * pool.stride for k in range(pool.count)])

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        array, x, y = args
        data = data_pointer(context, builder, sig.args[0], array)

        def row_body(row: Any, carried: Carried) -> Carried:
            (total,) = carried
            start = builder.add(x, builder.mul(row, INT64(pool.x_row)))
            for column in range(width):
                line = load_lanes(
                    builder, data, builder.add(start, INT64(column)), reach, aligned=False
                )
                value = builder.shuffle_vector(line, ir.Constant(line.type, ir.Undefined), every)
                if pool.largest:
                    total = builder.select(beats(builder, value, total), value, total)
                else:
                    total = builder.fadd(total, value)
            return [total]

        start = constant(float("-inf") if pool.largest else 0.0, pool.count)
        (total,) = loop(builder, INT64(height), [start], row_body)
        if not pool.largest:
            total = builder.fmul(total, constant(1 / (height * width), pool.count))
        store_lanes(builder, total, data, y, aligned=False)
        return context.get_dummy_value()

    @intrinsic
    def pooled(typing_context: Any, array: Any, x: Any, y: Any) -> Any:
        return types.void(array, types.int64, types.int64), generate

    return pooled
