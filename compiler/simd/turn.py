"""Squares of sixteen by sixteen turned: from lanes that are images to lanes that are features."""

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from compiler.simd.kernel import linked
from compiler.simd.vector import (
    INT32,
    INT64,
    LANES,
    data_pointer,
    load_lanes,
    store_lanes,
)


def transposed(builder: ir.IRBuilder, lines: list[Any]) -> list[Any]:
    """A 16 x 16 matrix turned: four times, each line is zipped with the one 8 below."""
    halves = []
    for first in (0, LANES // 2):
        pairs = [[k, k + LANES] for k in range(first, first + LANES // 2)]
        mask = [lane for pair in pairs for lane in pair]
        halves.append(ir.Constant(ir.VectorType(INT32, LANES), mask))
    for _ in range(4):
        lines = [
            builder.shuffle_vector(lines[k], lines[k + LANES // 2], half)
            for k in range(LANES // 2)
            for half in halves
        ]
    return lines


@intrinsic
def _turn_square(typing_context: Any, array: Any, x: Any, y: Any, row: Any) -> Any:
    """y[lane, place] = x[place, lane]; lines of x are 16 floats apart, those of y `row`."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        _, x, y, row = args
        data = data_pointer(context, builder, sig.args[0], args[0])
        lines = [load_lanes(builder, data, builder.add(x, INT64(k * LANES))) for k in range(LANES)]
        for k, line in enumerate(transposed(builder, lines)):
            at = builder.add(y, builder.mul(row, INT64(k)))
            store_lanes(builder, line, data, at)
        return context.get_dummy_value()

    i = types.int64
    return types.void(array, i, i, i), generate


@linked
def turn(array, x, places, y, row):
    """[places][16 images] at x as [16 images][row] at y, filled up with zeros; 16 divides row."""
    whole = places - places % LANES
    for place in range(0, whole, LANES):
        _turn_square(array, x + place * LANES, y + place, row)
    for lane in range(LANES):
        for place in range(whole, row):
            value = array[x + place * LANES + lane] if place < places else 0.0
            array[y + lane * row + place] = value
