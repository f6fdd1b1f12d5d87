"""Register tiles of the products between Winograd's transforms: see correlation.py and
outer_product.py in this folder. Numbers of channels are arguments, so that layers share them."""

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from lenet.compiler.simd.content import described
from lenet.compiler.simd.lanes import (
    FLOAT,
    INT64,
    LANES,
    broadcast,
    constant,
    data_pointer,
    fused_multiply_add,
    load_lanes,
    store_lanes,
)
from lenet.compiler.simd.loops import Carried, for_parts, loop
from lenet.compiler.simd.products.lane_sums import Kept, put_sums


@described
def multiply_tiles(width: int, outputs: int, columns: int, count: int) -> Any:
    """An intrinsic `(arena, v, inputs, w, u, m)` for some outputs and neighbouring tiles of a
    point.

    m[output, tile] = sum over `inputs` of v[input, tile] * u[input, output], where rows of v and m
    have `count` vectors of sixteen lanes, and those of u, which lies in the array w, `outputs`
    floats.
    """
    lanes = ir.VectorType(FLOAT, width)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        arena, v, inputs, w, u, m = args
        data = data_pointer(context, builder, sig.args[0], arena)
        weights = data_pointer(context, builder, sig.args[3], w)
        row = count * LANES

        def for_part(part: Any) -> None:
            begin = builder.mul(part, INT64(width))

            def for_input(index: Any, sums: Carried) -> Carried:
                source = builder.add(builder.add(v, begin), builder.mul(index, INT64(row)))
                values = [
                    load_lanes(builder, data, builder.add(source, INT64(j * LANES)), width)
                    for j in range(columns)
                ]
                factors = builder.add(u, builder.mul(index, INT64(outputs)))
                for output in range(outputs):
                    at = builder.gep(weights, [builder.add(factors, INT64(output))])
                    factor = broadcast(builder, builder.load(at, align=4), lanes)
                    for j, value in enumerate(values):
                        k = output * columns + j
                        sums[k] = fused_multiply_add(builder, value, factor, sums[k])
                return sums

            zeros = [constant(0.0, width)] * (outputs * columns)
            sums = loop(builder, inputs, zeros, for_input)
            for output in range(outputs):
                to = builder.add(m, begin)
                for j in range(columns):
                    at = builder.add(to, INT64(output * row + j * LANES))
                    store_lanes(builder, sums[output * columns + j], data, at)

        for_parts(builder, width, for_part)
        return context.get_dummy_value()

    @intrinsic
    def multiply(
        typing_context: Any, arena: Any, v: Any, inputs: Any, w: Any, u: Any, m: Any
    ) -> Any:
        i = types.int64
        return types.void(arena, i, i, w, i, i), generate

    return multiply


@described
def multiply_points(width: int, lefts: int, rights: int, count: int, full: bool) -> Any:
    """An intrinsic `(arena, x, x_block, dy, dy_block, blocks, g, g_left, before)` for some inputs
    and outputs of a point.

    g[left, right] += sum over `blocks`, `count` tiles and lanes of x[block, left, tile, lane] *
    dy[block, right, tile, lane], and = where `before` is 0. Blocks are x_block and dy_block floats
    apart. With `full`, the sums leave no registers for more than one tile at a time.
    """
    parts = LANES // width

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        arena, x, x_block, dy, dy_block, blocks, g, g_left, before = args
        data = data_pointer(context, builder, sig.args[0], arena)

        def lines(base: Any, number: int) -> list[Any]:
            return [builder.add(base, INT64(k * count * LANES)) for k in range(number)]

        def for_tile(x_base: Any, dy_base: Any, sums: Carried) -> Carried:
            slopes = [load_lanes(builder, data, at, width) for at in lines(dy_base, rights)]
            for left, at in enumerate(lines(x_base, lefts)):
                value = load_lanes(builder, data, at, width)
                for right, slope in enumerate(slopes):
                    k = left * rights + right
                    sums[k] = fused_multiply_add(builder, value, slope, sums[k])
            return sums

        def sums_of(part: Any) -> Carried:
            begin = builder.mul(part, INT64(width))

            def for_block(block: Any, sums: Carried) -> Carried:
                x_base = builder.add(builder.add(x, begin), builder.mul(block, x_block))
                dy_base = builder.add(builder.add(dy, begin), builder.mul(block, dy_block))

                def for_column(column: Any, sums: Carried) -> Carried:
                    at = builder.mul(column, INT64(LANES))
                    return for_tile(builder.add(x_base, at), builder.add(dy_base, at), sums)

                return loop(builder, INT64(count), sums, for_column, full)

            return loop(builder, blocks, [constant(0.0, width)] * (lefts * rights), for_block)

        if parts == 1:
            sums = sums_of(INT64(0))
        else:
            kept = Kept(builder, width, parts, lefts * rights)
            for_parts(builder, width, lambda part: kept.store(part, sums_of(part)))
            sums = kept.folded(INT64(0), parts)
        places = [builder.add(g, builder.mul(g_left, INT64(left))) for left in range(lefts)]
        put_sums(builder, sums, width, rights, data, places, before)
        return context.get_dummy_value()

    @intrinsic
    def multiply(
        typing_context: Any, arena: Any, x: Any, x_block: Any, dy: Any, dy_block: Any, blocks: Any,
        g: Any, g_left: Any, before: Any,
    ) -> Any:  # fmt: skip
        return types.void(arena, *[types.int64] * 8), generate

    return multiply
