"""Squares of sixteen by sixteen turned: from lanes that are images to lanes that are features."""

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from lenet.compiler.simd.kernel import linked
from lenet.compiler.simd.lanes import INT32, INT64, LANES, data_pointer, load_lanes, store_lanes


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
def _turn_square(typing_context: Any, array: Any, x: Any, count: Any, y: Any, row: Any) -> Any:
    """y[lane, place] = x[place, lane]; lines of x are 16 floats apart, those of y `row`. Behind
    `count` lines of x, its last stands for those that are missing."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        _, x, count, y, row = args
        data = data_pointer(context, builder, sig.args[0], args[0])
        last = builder.sub(count, INT64(1))
        lines = []
        for k in range(LANES):
            there = builder.icmp_signed("<", INT64(k), count)
            place = builder.mul(builder.select(there, INT64(k), last), INT64(LANES))
            lines.append(load_lanes(builder, data, builder.add(x, place)))
        for k, line in enumerate(transposed(builder, lines)):
            at = builder.add(y, builder.mul(row, INT64(k)))
            store_lanes(builder, line, data, at)
        return context.get_dummy_value()

    i = types.int64
    return types.void(array, i, i, i, i), generate


@intrinsic
def turn_any(typing_context: Any, array: Any, x: Any, x_row: Any, y: Any, y_row: Any) -> Any:
    """y[column, row] = x[row, column] of sixteen rows and columns, wherever these are."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        _, x, x_row, y, y_row = args
        data = data_pointer(context, builder, sig.args[0], args[0])
        lines = []
        for k in range(LANES):
            at = builder.add(x, builder.mul(x_row, INT64(k)))
            lines.append(load_lanes(builder, data, at, aligned=False))
        for k, line in enumerate(transposed(builder, lines)):
            at = builder.add(y, builder.mul(y_row, INT64(k)))
            store_lanes(builder, line, data, at, aligned=False)
        return context.get_dummy_value()

    i = types.int64
    return types.void(array, i, i, i, i), generate


@linked
def turn(array, x, places, y, row):
    """[places][16 images] at x as [16 images][row] at y, filled up with anything; `row` is the next
    multiple of 16."""
    for place in range(0, places, LANES):
        _turn_square(array, x + place * LANES, places - place, y + place, row)
