"""Register tiles of the gradients of convolutions below max-pooling, from the pooled slopes.

Of all places of a window only that of the largest value has a slope, so that most of what an outer
product multiplies is 0. Which place it is differs from lane to lane: the input is chosen by its
column, the slope by its row. For weights of 5x5 and windows of 2x2 these are 30 choices and 50
multiply-adds instead of 100 multiply-adds, where a choice costs no more than a multiply-add.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from lenet.compiler.simd.content import described
from lenet.compiler.simd.lanes import (
    BYTES,
    INT64,
    LANES,
    constant,
    data_pointer,
    fused_multiply_add,
    load_lanes,
    sum_of_lanes,
)
from lenet.compiler.simd.loops import Carried, loop
from lenet.compiler.simd.products.product import put_runs


@dataclass(frozen=True)
class PooledProduct:
    """One tile: sums for the weights `first` to `end`, row by row, from one input to one output.

    g[weight - first] += sum over lanes and windows of x[window + largest + weight] * slope[window]

    and = where there is nothing before; `largest` is the place of the window's largest value.
    Windows lie in `rows` of `columns`, each `step` (down, right; in floats of x) from the one
    before; `stride` is that of the convolution.
    """

    first: int
    end: int
    kernel_columns: int
    stride: tuple[int, int]
    window: tuple[int, int]
    rows: int
    columns: int
    step: tuple[int, int]
    x_row: int


@described
def pooled_product(tile: PooledProduct) -> Any:
    """An intrinsic `(arena, x, slopes, winners, g, before)` that adds one tile's sums to g, or
    stores them where `before` is 0: then there is nothing to add to. x, slopes, winners (the bytes
    that a fused pooling saves) and g are offsets into the arena."""
    (high, wide), (down, right) = tile.window, tile.stride
    # Each (row, column) of x, from that of a window's first value and before the choice of a
    # column, with the sums and the rows of the window that it serves.
    served: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for k, weight in enumerate(range(tile.first, tile.end)):
        row, column = divmod(weight, tile.kernel_columns)
        for i in range(high):
            served[i * down + row, column].append((k, i))

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        arena, x, slopes, winners, g, before = args
        arena = data_pointer(context, builder, sig.args[0], arena)
        zero = constant(0.0)

        def number(value: int) -> ir.Constant:
            return ir.Constant(BYTES, [value] * LANES)

        def at(base: Any, index: Any, step: int) -> Any:
            return builder.add(base, builder.mul(index, INT64(step)))

        def by_row(slope: Any, winner: Any) -> list[Any]:
            """For each row of the window, the slopes of those lanes whose largest value it has."""
            chosen = [slope] * high
            for i in range(1, high):
                below = builder.icmp_unsigned(">=", winner, number(i * wide))
                chosen[i] = builder.select(below, chosen[i], zero)
                above = builder.icmp_unsigned("<", winner, number(i * wide))
                chosen[i - 1] = builder.select(above, chosen[i - 1], zero)
            return chosen

        def window_body(x: Any, place: Any, sums: Carried) -> Carried:
            winner_at = builder.gep(arena, [at(winners, place, LANES // 4)])
            winner = builder.load(builder.bitcast(winner_at, BYTES.as_pointer()), align=LANES)
            rows = by_row(load_lanes(builder, arena, at(slopes, place, LANES)), winner)
            column = builder.urem(winner, number(wide))
            in_column = [builder.icmp_unsigned("==", column, number(j)) for j in range(wide)]

            def value_at(row: int, column: int) -> Any:
                offset = INT64(row * tile.x_row + column * LANES)
                return load_lanes(builder, arena, builder.add(x, offset))

            for (row, column), uses in sorted(served.items()):
                value = value_at(row, column)
                for j in range(1, wide):
                    other = value_at(row, column + j * right)
                    value = builder.select(in_column[j], other, value)
                for k, i in uses:
                    sums[k] = fused_multiply_add(builder, value, rows[i], sums[k])
            return sums

        def row_body(row: Any, sums: Carried) -> Carried:
            x_row, first = at(x, row, tile.step[0]), builder.mul(row, INT64(tile.columns))

            def column_body(column: Any, sums: Carried) -> Carried:
                place = builder.add(first, column)
                return window_body(at(x_row, column, tile.step[1]), place, sums)

            return loop(builder, INT64(tile.columns), sums, column_body, fills_registers=True)

        zeros = [zero] * (tile.end - tile.first)
        sums = loop(builder, INT64(tile.rows), zeros, row_body)
        runs = []
        for first in range(0, len(sums), LANES):
            group = sums[first : first + LANES]
            runs.append((sum_of_lanes(builder, group), 0, len(group), builder.add(g, INT64(first))))
        put_runs(builder, runs, arena, before)
        return context.get_dummy_value()

    @intrinsic
    def pooled(
        typing_context: Any, arena: Any, x: Any, slopes: Any, winners: Any, g: Any, before: Any
    ) -> Any:
        i = types.int64
        return types.void(arena, i, i, i, i, i), generate

    return pooled
