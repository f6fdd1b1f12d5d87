"""Register tiles of the gradients of convolutions; see compiler/simd/products/correlation.py."""

from dataclasses import dataclass
from typing import Any

from numba.core import types
from numba.extending import intrinsic

from lenet.compiler.simd.content import described
from lenet.compiler.simd.lanes import (
    INT64,
    LANES,
    constant,
    data_pointer,
    fused_multiply_add,
    load_lanes,
)
from lenet.compiler.simd.loops import Carried, loop, repeat
from lenet.compiler.simd.products.lane_sums import Kept, put_sums


@dataclass(frozen=True)
class OuterProduct:
    """One tile of a weight gradient: for each of `kernel_rows`, `len(lefts)` times `rights` sums.

    g[kernel_row, left, right] += sum over lanes, rows and columns of
                                  x[left, row * step - padding + kernel_row * apart, column] *
                                  dy[right, row, column]

    and = where there is nothing before.

    `lefts` lists (offset into x, offset into g) of each left factor. `edges` lists the columns
    (x offset, dy offset, lefts that count) that some left factors must leave out because there
    the kernel hangs over the border; the other columns run in a loop from `x_start`, `dy_start`.
    Rows of x that are none of its `height` are left out, where there is `padding` above or the
    kernel `hangs` over below. `places` lists (x offset, dy offset) of what one turn of that loop
    takes: more than one where rows and columns are those of windows.

    If `strip` is not 0, all kernel rows take so many rows of dy before the next ones, so that these
    and the rows of x are read from the first-level cache; their sums wait in memory meanwhile.
    With `full`, the sums leave no registers for more than one place at a time.
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
    g_row: int
    kernel_rows: int
    strip: int
    step: int
    padding: int
    height: int
    full: bool
    places: tuple[tuple[int, int], ...] = ((0, 0),)
    apart: int = 1
    hangs: bool = False


@described
def outer_product(tile: OuterProduct) -> Any:
    """An intrinsic `(x, x0, dy, dy0, start, end, g, g0, before)` that adds one tile's sums to g,
    or stores them where `before` is 0: then there is nothing to add to.

    The sums go over rows `start` to `end` of dy. The first of them lies at dy0, and x0 is where
    row `start` * step - padding of x lies or would lie.
    """
    width, parts = tile.width, LANES // tile.width
    count = len(tile.lefts)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        x, x0, dy, dy0, start, end, g, g0, before = args
        x = data_pointer(context, builder, sig.args[0], x)
        dy = data_pointer(context, builder, sig.args[2], dy)
        g = data_pointer(context, builder, sig.args[6], g)

        def at(base: Any, index: Any, step: int) -> Any:
            return builder.add(base, builder.mul(index, INT64(step)))

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

        def row_body(x_base: Any, dy_base: Any, sums: Carried) -> Carried:
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
                x_column = at(x_first, column, tile.x_column)
                dy_column = at(dy_first, column, tile.dy_column)
                for x_offset, dy_offset in tile.places:
                    x_place = builder.add(x_column, INT64(x_offset))
                    dy_place = builder.add(dy_column, INT64(dy_offset))
                    sums = place(x_place, dy_place, tuple(range(count)), sums)
                return sums

            return loop(builder, INT64(tile.columns), sums, column_body, tile.full)

        def larger(a: Any, b: Any) -> Any:
            return builder.select(builder.icmp_signed(">", a, b), a, b)

        def smaller(a: Any, b: Any) -> Any:
            return builder.select(builder.icmp_signed("<", a, b), a, b)

        def met(above: int, kernel_row: Any) -> Any:
            """The rows of dy that meet with `kernel_row` a row of x before `above`."""
            kernel_rows = builder.mul(kernel_row, INT64(tile.apart))
            rows = builder.sub(INT64(above + tile.padding + tile.step - 1), kernel_rows)
            return builder.sdiv(larger(rows, INT64(0)), INT64(tile.step))

        def add_rows(kernel_row: Any, first: Any, end: Any, part: Any, sums: Carried) -> Carried:
            """The sums of rows `first` to `end` of dy, those that meet rows of x."""
            if tile.padding or tile.hangs:
                first = larger(first, met(0, kernel_row))
                end = smaller(end, met(tile.height, kernel_row))
            above = builder.sub(first, start)
            x_base = at(at(x0, part, width), above, tile.x_row)
            x_base = at(x_base, kernel_row, tile.x_row // tile.step * tile.apart)
            dy_base = at(at(dy0, part, width), above, tile.dy_row)
            return loop(
                builder,
                builder.sub(end, first),
                sums,
                lambda row, sums: row_body(
                    at(x_base, row, tile.x_row), at(dy_base, row, tile.dy_row), sums
                ),
            )

        def put(sums: Carried, g_base: Any) -> None:
            places = [builder.add(g_base, INT64(offset)) for _, offset in tile.lefts]
            put_sums(builder, sums, width, tile.rights, g, places, before)

        zeros = [constant(0.0, width)] * (count * tile.rights)
        kernel_rows = tile.kernel_rows if tile.strip else 1
        kept = Kept(builder, width, kernel_rows * parts, len(zeros))

        def at_once(kernel_row: Any) -> None:
            if parts == 1:
                sums = add_rows(kernel_row, start, end, INT64(0), zeros)
            else:
                repeat(builder, INT64(parts), lambda part: kept.store(
                    part, add_rows(kernel_row, start, end, part, zeros)
                ))  # fmt: skip
                sums = kept.folded(INT64(0), parts)
            put(sums, at(g0, kernel_row, tile.g_row))

        if not tile.strip:
            repeat(builder, INT64(tile.kernel_rows), at_once)
            return context.get_dummy_value()
        slots = INT64(kernel_rows * parts)

        def take_strip(strip: Any) -> None:
            first = at(start, strip, tile.strip)
            last = smaller(builder.add(first, INT64(tile.strip)), end)

            def take(slot: Any) -> None:
                kernel_row = builder.sdiv(slot, INT64(parts))
                part = builder.srem(slot, INT64(parts))
                kept.store(slot, add_rows(kernel_row, first, last, part, kept.load(slot)))

            repeat(builder, slots, take)

        def finish(kernel_row: Any) -> None:
            sums = kept.folded(builder.mul(kernel_row, INT64(parts)), parts)
            put(sums, at(g0, kernel_row, tile.g_row))

        rows = builder.sub(end, start)
        strips = builder.sdiv(builder.add(rows, INT64(tile.strip - 1)), INT64(tile.strip))
        repeat(builder, slots, lambda slot: kept.store(slot, zeros))
        repeat(builder, strips, take_strip)
        repeat(builder, INT64(tile.kernel_rows), finish)
        return context.get_dummy_value()

    @intrinsic
    def outer(
        typing_context: Any, x: Any, x0: Any, dy: Any, dy0: Any, start: Any, end: Any, g: Any,
        g0: Any, before: Any,
    ) -> Any:  # fmt: skip
        i = types.int64
        return types.void(x, i, dy, i, i, i, g, i, i), generate

    return outer
