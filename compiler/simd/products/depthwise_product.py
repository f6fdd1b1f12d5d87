"""Register tiles of the gradients of depthwise convolutions; see correlation.py."""

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
    sum_of_lanes,
)
from lenet.compiler.simd.loops import Carried, loop
from lenet.compiler.simd.products.lane_sums import Kept
from lenet.compiler.simd.products.product import put_runs

Taps = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class DepthwiseProduct:
    """The gradient of some rows of one channel's kernel: a sum for each of their taps, all in
    registers, so that dy is read once for all of them, and x once for each kernel row.

    g[kernel_row, k] += sum over lanes, rows and taps (j, source, k) of
                        x[row, kernel_row, source] * dy[row, j]

    and = where there is nothing before. `rows` are (rows of dy, kernel rows that lie on the map
    there) from the first row on, `columns` the tiles of a row: (start in x, start in dy, columns,
    taps, tiles, floats of x from one to the next, floats of dy). `weights` are the offsets of the
    taps of each kernel row into g. With `bias`, one more sum is that of dy alone. Steps are in
    floats.
    """

    width: int
    rows: tuple[tuple[int, tuple[int, ...]], ...]
    columns: tuple[tuple[int, int, int, Taps, int, int, int], ...]
    weights: tuple[tuple[int, ...], ...]
    x_row: int
    x_kernel_row: int
    dy_row: int
    bias: bool


@described
def depthwise_product(tile: DepthwiseProduct) -> Any:
    """An intrinsic `(x, x0, dy, dy0, g, g0, b0, before)` that adds one tile's sums to g, or stores
    them where `before` is 0. x0 is where the kernel's first place lies or would lie for the first
    place of dy, at dy0; b0 is the offset of the bias in g."""
    width, parts = tile.width, LANES // tile.width
    taps = len(tile.weights[0])
    count = len(tile.weights) * taps

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        x, x0, dy, dy0, g, g0, b0, before = args
        x = data_pointer(context, builder, sig.args[0], x)
        dy = data_pointer(context, builder, sig.args[2], dy)
        g = data_pointer(context, builder, sig.args[4], g)

        def at(base: Any, index: Any, step: int) -> Any:
            return builder.add(base, builder.mul(index, INT64(step)))

        def take(data: Any, base: Any, offset: int) -> Any:
            return load_lanes(builder, data, builder.add(base, INT64(offset)), width)

        def places(
            x_base: Any, dy_base: Any, columns: int, used: Taps, kernel_rows: tuple[int, ...],
            sums: Carried,
        ) -> Carried:  # fmt: skip
            sums = list(sums)
            slopes = [take(dy, dy_base, j * LANES) for j in range(columns)]
            for kernel_row in kernel_rows:
                for source in sorted({source for _, source, _ in used}):
                    offset = kernel_row * tile.x_kernel_row + source * LANES
                    value = take(x, x_base, offset)
                    for j, _, k in (tap for tap in used if tap[1] == source):
                        index = kernel_row * taps + k
                        sums[index] = fused_multiply_add(builder, value, slopes[j], sums[index])
            for slope in slopes if tile.bias else ():
                sums[count] = builder.fadd(sums[count], slope)
            return sums

        def row(x_base: Any, dy_base: Any, kernel_rows: tuple[int, ...], sums: Carried) -> Carried:
            for x_start, dy_start, columns, used, tiles, x_step, dy_step in tile.columns:

                def body(
                    index: Any, sums: Carried, x_start: int = x_start, dy_start: int = dy_start,
                    columns: int = columns, used: Taps = used, x_step: int = x_step,
                    dy_step: int = dy_step,
                ) -> Carried:  # fmt: skip
                    x_place = at(builder.add(x_base, INT64(x_start)), index, x_step)
                    dy_place = at(builder.add(dy_base, INT64(dy_start)), index, dy_step)
                    return places(x_place, dy_place, columns, used, kernel_rows, sums)

                if tiles == 1:
                    sums = body(INT64(0), sums)
                else:
                    sums = loop(builder, INT64(tiles), sums, body, fills_registers=True)
            return sums

        def sums_of(part: Any) -> Carried:
            sums = [constant(0.0, width)] * (count + tile.bias)
            x_part, dy_part, first = at(x0, part, width), at(dy0, part, width), 0
            for rows, kernel_rows in tile.rows:
                x_first = builder.add(x_part, INT64(first * tile.x_row))
                dy_first = builder.add(dy_part, INT64(first * tile.dy_row))

                def body(
                    index: Any, sums: Carried, x_first: Any = x_first, dy_first: Any = dy_first,
                    kernel_rows: tuple[int, ...] = kernel_rows,
                ) -> Carried:  # fmt: skip
                    x_base, dy_base = (
                        at(x_first, index, tile.x_row),
                        at(dy_first, index, tile.dy_row),
                    )
                    return row(x_base, dy_base, kernel_rows, sums)

                sums = loop(builder, INT64(rows), sums, body)
                first += rows
            return sums

        if parts == 1:
            sums = sums_of(INT64(0))
        else:
            kept = Kept(builder, width, parts, count + tile.bias)

            def keep(part: Any, carried: Carried) -> Carried:
                kept.store(part, sums_of(part))
                return carried

            loop(builder, INT64(parts), [], keep)
            sums = kept.folded(INT64(0), parts)
        offsets = [builder.add(g0, INT64(weight)) for row in tile.weights for weight in row]
        offsets += [b0] if tile.bias else []
        runs = []
        for start in range(0, len(offsets), width):
            totals = sum_of_lanes(builder, sums[start : start + width], width)
            runs += [(totals, k, 1, to) for k, to in enumerate(offsets[start : start + width])]
        put_runs(builder, runs, g, before)
        return context.get_dummy_value()

    @intrinsic
    def product(
        typing_context: Any, x: Any, x0: Any, dy: Any, dy0: Any, g: Any, g0: Any, b0: Any,
        before: Any,
    ) -> Any:  # fmt: skip
        i = types.int64
        return types.void(x, i, dy, i, g, i, i, i), generate

    return product
