"""Register tiles: the inner loops of convolutions and linear layers, unrolled in LLVM IR.

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

from compiler.simd.loops import Carried, loop
from compiler.simd.vector import (
    FLOAT,
    INT32,
    INT64,
    LANES,
    broadcast,
    constant,
    data_pointer,
    fused_multiply_add,
    load_lanes,
    store_lanes,
    sum_of_lanes,
)


@dataclass(frozen=True)
class Correlation:
    """One tile of a correlation: `outputs` output channels at `columns` places.

    y[o, j] = start + sum over channel, row, taps (j, source, k) of
              x[channel, row, source] * w[channel, row, k, o]

    Steps are in floats. The taps are listed, not computed, so that padding, strides and the
    borders of a map cost nothing at run time. The sums start from bias[o], from what y holds
    ("sum", for sums over part of the channels), or from 0.
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

        def weight(offset: Any) -> Any:
            return broadcast(builder, builder.load(builder.gep(w, [offset]), align=4), lanes)

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
                    sums += [load_lanes(builder, y, p, tile.width) for p in places]
                elif tile.start == "bias":
                    sums += [weight(builder.add(b0, INT64(output)))] * tile.columns
                else:
                    sums += [constant(0.0, tile.width)] * tile.columns
            return sums

        def row_body(x_base: Any, w_base: Any, sums: Carried) -> Carried:
            columns: dict[int, Any] = {}
            for k in sorted({k for _, _, k in tile.taps}):
                places = [(j, source) for j, source, tap in tile.taps if tap == k]
                for _, source in places:
                    if source not in columns:
                        offset = builder.add(x_base, INT64(source * tile.x_column))
                        columns[source] = load_lanes(builder, x, offset, tile.width)
                for output in range(tile.outputs):
                    offset = INT64(k * tile.w_tap + output * tile.w_output)
                    factor = weight(builder.add(w_base, offset))
                    for j, source in places:
                        index = output * tile.columns + j
                        sums[index] = fused_multiply_add(
                            builder, columns[source], factor, sums[index]
                        )
            return sums

        def part_body(part: Any, carried: Carried) -> Carried:
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
                    value = sums[output * tile.columns + j]
                    store_lanes(builder, value, y, place(y_part, output, j))
            return carried

        _for_parts(builder, tile.width, part_body)
        return context.get_dummy_value()

    @intrinsic
    def correlation(
        typing_context: Any, x: Any, x0: Any, channels: Any, rows: Any,
        w: Any, w0: Any, b0: Any, y: Any, y0: Any,
    ) -> Any:  # fmt: skip
        i = types.int64
        return types.void(x, i, i, i, w, i, i, y, i), generate

    return correlation


def _for_parts(builder: ir.IRBuilder, width: int, body: Any) -> None:
    """`body(part, [])` for every part of a block's sixteen lanes."""
    if width == LANES:
        body(INT64(0), [])
    else:
        loop(builder, INT64(LANES // width), [], body)


@dataclass(frozen=True)
class OuterProduct:
    """One tile of a weight gradient: `len(lefts)` times `rights` sums over places.

    g[left, right] += sum over lanes, rows and columns of x[left, row, column] * dy[right, ...]

    and = where there is nothing before.

    `lefts` lists (offset into x, offset into g) of each left factor. `edges` lists the columns
    (x offset, dy offset, lefts that count) that some left factors must leave out because there
    the kernel hangs over the border; the other columns run in a loop from `x_start`, `dy_start`.
    """

    width: int
    lefts: tuple[tuple[int, int], ...]
    rights: int
    edges: tuple[tuple[int, int, tuple[int, ...]], ...]
    columns: int
    x_start: int
    dy_start: int
    x_row: int
    x_column: int
    dy_row: int
    dy_column: int
    dy_right: int


def outer_product(tile: OuterProduct) -> Any:
    """An intrinsic `(x, x0, dy, dy0, rows, g, g0, before)` that adds one tile's sums to g, or
    stores them where `before` is 0: then there is nothing to add to."""
    width, parts = tile.width, LANES // tile.width
    count = len(tile.lefts)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        x, x0, dy, dy0, rows, g, g0, before = args
        x = data_pointer(context, builder, sig.args[0], x)
        dy = data_pointer(context, builder, sig.args[2], dy)
        g = data_pointer(context, builder, sig.args[5], g)

        def place(x_base: Any, dy_base: Any, lefts: tuple[int, ...], sums: Carried) -> Carried:
            rights = [
                load_lanes(builder, dy, builder.add(dy_base, INT64(right * tile.dy_right)), width)
                for right in range(tile.rights)
            ]
            for left in lefts:
                offset = builder.add(x_base, INT64(tile.lefts[left][0]))
                value = load_lanes(builder, x, offset, width)
                for right in range(tile.rights):
                    index = left * tile.rights + right
                    sums[index] = fused_multiply_add(builder, value, rights[right], sums[index])
            return sums

        def row_body(x_part: Any, dy_part: Any, row: Any, sums: Carried) -> Carried:
            x_base = builder.add(x_part, builder.mul(row, INT64(tile.x_row)))
            dy_base = builder.add(dy_part, builder.mul(row, INT64(tile.dy_row)))
            for x_offset, dy_offset, lefts in tile.edges:
                sums = place(
                    builder.add(x_base, INT64(x_offset)),
                    builder.add(dy_base, INT64(dy_offset)),
                    lefts,
                    sums,
                )
            if not tile.columns:
                return sums
            x_first = builder.add(x_base, INT64(tile.x_start))
            dy_first = builder.add(dy_base, INT64(tile.dy_start))

            def column_body(column: Any, sums: Carried) -> Carried:
                return place(
                    builder.add(x_first, builder.mul(column, INT64(tile.x_column))),
                    builder.add(dy_first, builder.mul(column, INT64(tile.dy_column))),
                    tuple(range(count)),
                    sums,
                )

            return loop(builder, INT64(tile.columns), sums, column_body)

        def sums_of(part: Any) -> Carried:
            x_part = builder.add(x0, builder.mul(part, INT64(width)))
            dy_part = builder.add(dy0, builder.mul(part, INT64(width)))
            zeros = [constant(0.0, width)] * (count * tile.rights)
            return loop(
                builder, rows, zeros, lambda row, sums: row_body(x_part, dy_part, row, sums)
            )

        if parts == 1:
            sums = sums_of(INT64(0))
        else:
            sums = _fold_parts(builder, parts, width, count * tile.rights, sums_of)
        runs = []
        per_group = max(1, width // tile.rights)
        for first in range(0, count, per_group):
            group = range(first, min(first + per_group, count))
            members = [sums[left * tile.rights + r] for left in group for r in range(tile.rights)]
            totals = sum_of_lanes(builder, members, width)
            for place_in_group, left in enumerate(group):
                offset = builder.add(g0, INT64(tile.lefts[left][1]))
                runs.append((totals, place_in_group * tile.rights, tile.rights, offset))
        _put_runs(builder, runs, g, before)
        return context.get_dummy_value()

    @intrinsic
    def outer(
        typing_context: Any, x: Any, x0: Any, dy: Any, dy0: Any, rows: Any, g: Any, g0: Any,
        before: Any,
    ) -> Any:  # fmt: skip
        i = types.int64
        return types.void(x, i, dy, i, i, g, i, i), generate

    return outer


def _fold_parts(builder: ir.IRBuilder, parts: int, width: int, count: int, sums_of: Any) -> Carried:
    """The sums of all parts, folded half onto half, as one wide register would be."""
    kind = ir.VectorType(FLOAT, width)
    with builder.goto_entry_block():
        kept = builder.alloca(ir.ArrayType(kind, parts * count))
    kept = builder.bitcast(kept, kind.as_pointer())

    def keep(part: Any, carried: Carried) -> Carried:
        for k, value in enumerate(sums_of(part)):
            place = builder.add(builder.mul(part, INT64(count)), INT64(k))
            builder.store(value, builder.gep(kept, [place]))
        return carried

    loop(builder, INT64(parts), [], keep)
    rows = [
        [builder.load(builder.gep(kept, [INT64(part * count + k)])) for k in range(count)]
        for part in range(parts)
    ]
    while len(rows) > 1:
        half = len(rows) // 2
        rows = [
            [builder.fadd(a, b) for a, b in zip(rows[k], rows[k + half], strict=True)]
            for k in range(half)
        ]
    return rows[0]


def _put_runs(
    builder: ir.IRBuilder, runs: list[tuple[Any, int, int, Any]], data: Any, before: Any
) -> None:
    """For each (vector, first, count, offset), add lanes [first, first + count) to what lies at
    `offset`, or store them where `before` is 0."""

    def put(adds: bool) -> None:
        for lanes, first, count, offset in runs:
            mask = ir.Constant(ir.VectorType(INT32, count), list(range(first, first + count)))
            part = builder.shuffle_vector(lanes, ir.Constant(lanes.type, ir.Undefined), mask)
            kind = ir.VectorType(FLOAT, count).as_pointer()
            pointer = builder.bitcast(builder.gep(data, [offset]), kind)
            if adds:
                part = builder.fadd(builder.load(pointer, align=4), part)
            builder.store(part, pointer, align=4)

    fresh = builder.icmp_signed("==", before, INT64(0))
    with builder.if_else(fresh) as (then, otherwise):
        with then:
            put(adds=False)
        with otherwise:
            put(adds=True)


@dataclass(frozen=True)
class Product:
    """One tile of a matrix product over images: `lefts` times `rights` vectors of sums.

    g[left, right] += sum over rows and lanes of x[row, left, lane] * dy[row, lane, right]

    where x is broadcast and `right` counts vectors of `width` neighbours in g, the last of them
    with only `tail` floats. Steps are in floats.
    """

    width: int
    lefts: int
    rights: int
    tail: int
    x_row: int
    dy_row: int
    dy_lane: int
    g_left: int


def product_of(tile: Product) -> Any:
    """An intrinsic `(x, x0, dy, dy0, rows, g, g0, before)` that adds one tile's sums to g, or
    stores them where `before` is 0: then there is nothing to add to."""
    lanes = ir.VectorType(FLOAT, tile.width)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        x, x0, dy, dy0, rows, g, g0, before = args
        x = data_pointer(context, builder, sig.args[0], x)
        dy = data_pointer(context, builder, sig.args[2], dy)
        g = data_pointer(context, builder, sig.args[5], g)

        def lane_body(x_base: Any, dy_base: Any, sums: Carried) -> Carried:
            rights = [
                load_lanes(builder, dy, builder.add(dy_base, INT64(r * tile.width)), tile.width)
                for r in range(tile.rights)
            ]
            for left in range(tile.lefts):
                at = builder.gep(x, [builder.add(x_base, INT64(left * LANES))])
                value = broadcast(builder, builder.load(at, align=4), lanes)
                for r in range(tile.rights):
                    k = left * tile.rights + r
                    sums[k] = fused_multiply_add(builder, value, rights[r], sums[k])
            return sums

        def row_body(row: Any, sums: Carried) -> Carried:
            x_row = builder.add(x0, builder.mul(row, INT64(tile.x_row)))
            dy_row = builder.add(dy0, builder.mul(row, INT64(tile.dy_row)))
            return loop(
                builder,
                INT64(LANES),
                sums,
                lambda lane, sums: lane_body(
                    builder.add(x_row, lane),
                    builder.add(dy_row, builder.mul(lane, INT64(tile.dy_lane))),
                    sums,
                ),
            )

        zeros = [constant(0.0, tile.width)] * (tile.lefts * tile.rights)
        sums = loop(builder, rows, zeros, row_body)
        runs = []
        for left in range(tile.lefts):
            for r in range(tile.rights):
                count = tile.tail if r == tile.rights - 1 else tile.width
                offset = builder.add(g0, INT64(left * tile.g_left + r * tile.width))
                runs.append((sums[left * tile.rights + r], 0, count, offset))
        _put_runs(builder, runs, g, before)
        return context.get_dummy_value()

    @intrinsic
    def product(
        typing_context: Any, x: Any, x0: Any, dy: Any, dy0: Any, rows: Any, g: Any, g0: Any,
        before: Any,
    ) -> Any:  # fmt: skip
        i = types.int64
        return types.void(x, i, dy, i, i, g, i, i), generate

    return product
