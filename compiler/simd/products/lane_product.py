"""Register tiles of matrix products within each image; see compiler/simd/products/correlation.py.

Both factors are maps, so that each lane has a product of its own, and no lanes are summed.
"""

from dataclasses import dataclass
from typing import Any

from llvmlite import ir
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
    store_lanes,
)
from lenet.compiler.simd.loops import Carried, loop


@dataclass(frozen=True)
class LaneProduct:
    """One tile: `lefts` times `rights` vectors of sums.

    y[left, right] = sum over n of a[left, n] * b[right, n], lane by lane

    and += where it `adds`. Steps are in floats: `a_left` from one left factor to the next one,
    `a_n` from one of its values to the next, and so on.
    """

    width: int
    lefts: int
    rights: int
    a_left: int
    a_n: int
    b_right: int
    b_n: int
    y_left: int
    y_right: int
    adds: bool = False


@described
def lane_product(tile: LaneProduct) -> Any:
    """An intrinsic `(array, a, b, count, y)`: offsets of the three in the float32 array, and how
    many products a sum has."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        array, a0, b0, count, y0 = args
        data = data_pointer(context, builder, sig.args[0], array)

        def at(base: Any, index: Any, step: int) -> Any:
            return builder.add(base, builder.mul(index, INT64(step)))

        def places(y: Any) -> list[Any]:
            return [
                builder.add(y, INT64(left * tile.y_left + right * tile.y_right))
                for left in range(tile.lefts)
                for right in range(tile.rights)
            ]

        def add_products(a: Any, b: Any, sums: Carried) -> Carried:
            rights = [
                load_lanes(builder, data, builder.add(b, INT64(k * tile.b_right)), tile.width)
                for k in range(tile.rights)
            ]
            for left in range(tile.lefts):
                offset = builder.add(a, INT64(left * tile.a_left))
                value = load_lanes(builder, data, offset, tile.width)
                for k, right in enumerate(rights):
                    index = left * tile.rights + k
                    sums[index] = fused_multiply_add(builder, value, right, sums[index])
            return sums

        def part_body(part: Any, carried: Carried) -> Carried:
            a, b, y = (at(base, part, tile.width) for base in (a0, b0, y0))
            sums: Carried = [constant(0.0, tile.width)] * (tile.lefts * tile.rights)
            if tile.adds:
                sums = [load_lanes(builder, data, place, tile.width) for place in places(y)]
            sums = loop(
                builder, count, sums,
                lambda n, sums: add_products(at(a, n, tile.a_n), at(b, n, tile.b_n), sums),
                fills_registers=True,
            )  # fmt: skip
            for value, place in zip(sums, places(y), strict=True):
                store_lanes(builder, value, data, place)
            return carried

        loop(builder, INT64(LANES // tile.width), [], part_body)
        return context.get_dummy_value()

    @intrinsic
    def product(typing_context: Any, array: Any, a: Any, b: Any, count: Any, y: Any) -> Any:
        i = types.int64
        return types.void(array, i, i, i, i), generate

    return product
