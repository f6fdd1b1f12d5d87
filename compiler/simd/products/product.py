"""Register tiles of the gradients of linear layers; see compiler/simd/products/correlation.py."""

from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from lenet.compiler.simd.content import described
from lenet.compiler.simd.lanes import (
    FLOAT,
    INT32,
    INT64,
    LANES,
    broadcast,
    constant,
    data_pointer,
    fused_multiply_add,
    load_lanes,
)
from lenet.compiler.simd.loops import Carried, loop


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
    x_left: int = LANES


@described
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
                at = builder.gep(x, [builder.add(x_base, INT64(left * tile.x_left))])
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
        put_runs(builder, runs, g, before)
        return context.get_dummy_value()

    @intrinsic
    def product(
        typing_context: Any, x: Any, x0: Any, dy: Any, dy0: Any, rows: Any, g: Any, g0: Any,
        before: Any,
    ) -> Any:  # fmt: skip
        i = types.int64
        return types.void(x, i, dy, i, i, g, i, i), generate

    return product


def put_runs(
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
