"""Exact sums of gradients: the same for every net.

They are written in LLVM IR, since a number is of several types on its way to the sum, and since to
compile loops over arrays takes numba several times as long.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from lenet.compiler.simd.kernel import Entry
from lenet.compiler.simd.lanes import (
    DOUBLE,
    FLOAT,
    INT32,
    INT64,
    LANES,
    broadcast,
    data_pointer,
    fused_multiply_add,
    store_lanes,
)
from lenet.compiler.simd.loops import Carried, loop

# A mean gradient's unit in 64-bit fixed point is 2**-40, far below what a float32 weight can show.
# Sums are exact, so that their order and the number of threads and workers do not matter. A part,
# below LIMIT, has 50 bits, which is what the trick with _ROUNDING can take.
FRACTION_BITS = 40
LIMIT = 2.0**10
# Adding it to a float64 rounds that to a whole number and leaves it in its low bits, which vectors
# can do, unlike conversions.
_ROUNDING = 1.5 * 2.0**52
_ROUNDING_BITS = 0x4338000000000000
# Without their sign, the bits of floats are in the order of the floats, with NaN above all.
_UNSIGNED = 0x7FFFFFFF


@cache
def converts() -> bool:
    """Whether this processor converts vectors of 64-bit integers to floats."""
    return bool(binding.get_host_cpu_features().get("avx512dq"))


class Terms:
    """What is added up: gradients[rows] * factor, each number rounded to fixed point by itself,
    and parts[owners], which are in fixed point."""

    def __init__(self, context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> None:
        self.builder = builder
        self.gradients, self.rows, self.parts, self.owners = (
            context.make_array(sig.args[k])(context, builder, args[k]) for k in range(4)
        )
        self.factor = args[6]
        self.scale = builder.fmul(self.factor, DOUBLE(2.0**FRACTION_BITS))

    def total(self, column: Any, width: int, largest: Any) -> tuple[Any, Any]:
        """The sums of `width` columns, and the bits of the largest gradient so far, a lane each."""
        builder = self.builder
        floats, doubles, longs = (ir.VectorType(kind, width) for kind in (FLOAT, DOUBLE, INT64))
        scale = broadcast(builder, self.scale, doubles)

        def of(array: Any, numbers: Any, k: Any, kind: ir.VectorType) -> Any:
            """The columns of array[numbers[k]]."""
            row = builder.mul(builder.load(builder.gep(numbers.data, [k])), _length(builder, array))
            return load_lanes(builder, array.data, builder.add(row, column), kind)

        def add_part(k: Any, carried: Carried) -> Carried:
            return [builder.add(carried[0], of(self.parts, self.owners, k, longs))]

        def add_row(k: Any, carried: Carried) -> Carried:
            values = of(self.gradients, self.rows, k, floats)
            rounded = fused_multiply_add(
                builder, builder.fpext(values, doubles), scale, _all(_ROUNDING, doubles)
            )
            return [
                builder.add(carried[0], builder.bitcast(rounded, longs)),
                larger(builder, carried[1], values),
            ]

        row_count, owner_count = _length(builder, self.rows), _length(builder, self.owners)
        excess = builder.mul(row_count, INT64(_ROUNDING_BITS))  # each row brings these bits, too
        carried = [broadcast(builder, builder.neg(excess), longs)]
        carried = loop(builder, owner_count, carried, add_part)
        total, largest = loop(builder, row_count, [*carried, largest], add_row)
        return total, largest

    def mean(self, column: Any, width: int, largest: Any) -> tuple[Any, Any]:
        """The same as float32(total * 2**-FRACTION_BITS).

        Processors without AVX-512 convert 64-bit integers one by one. But the bits of 2**52 + n
        are those of 2**52 plus n for n below 2**32, and vectors can do that for both halves;
        their sum is rounded as the conversion would be.
        """
        builder, (total, largest) = self.builder, self.total(column, width, largest)
        floats, doubles, longs = (ir.VectorType(kind, width) for kind in (FLOAT, DOUBLE, INT64))
        if converts():
            unit = _all(2.0**-FRACTION_BITS, doubles)
            value = builder.fmul(builder.sitofp(total, doubles), unit)
            return builder.fptrunc(value, floats), largest

        def as_double(bits: Any, excess: float, unit: float) -> Any:
            raised = builder.or_(bits, _all(0x4330000000000000, longs))
            value = builder.fsub(builder.bitcast(raised, doubles), _all(excess, doubles))
            return builder.fmul(value, _all(unit, doubles))

        raised = builder.xor(total, _all(-(2**63), longs))  # by 2**63, so that it is not negative
        low, high = (
            builder.and_(raised, _all(0xFFFFFFFF, longs)), builder.lshr(raised, _all(32, longs))
        )  # fmt: skip
        low = as_double(low, 2.0**52, 2.0**-FRACTION_BITS)
        high = as_double(high, 2.0**52 + 2.0**31, 2.0 ** (32 - FRACTION_BITS))
        return builder.fptrunc(builder.fadd(high, low), floats), largest

    def in_range(self, largest: Any) -> Any:
        """Whether the largest term, as the bits of its absolute value, is below the limit."""
        limit = self.builder.fptrunc(self.builder.fdiv(DOUBLE(LIMIT), self.factor), FLOAT)
        return self.builder.icmp_signed("<", largest, self.builder.bitcast(limit, INT32))


def _all(value: float, kind: ir.VectorType) -> ir.Constant:
    return ir.Constant(kind, [value] * kind.count)


def _length(builder: ir.IRBuilder, array: Any) -> Any:
    """Of a numba array's last axis."""
    return cgutils.unpack_tuple(builder, array.shape)[-1]


def load_lanes(builder: ir.IRBuilder, data: Any, place: Any, kind: ir.VectorType) -> Any:
    """The floats of an array from a place on, as a vector of this kind."""
    pointer = builder.bitcast(builder.gep(data, [place]), kind.as_pointer())
    return builder.load(pointer, align=4)


def larger(builder: ir.IRBuilder, largest: Any, values: Any) -> Any:
    """The larger bits, without the sign."""
    bits = builder.and_(builder.bitcast(values, largest.type), _all(_UNSIGNED, largest.type))
    return builder.select(builder.icmp_signed(">", bits, largest), bits, largest)


def columns_in_turn(
    builder: ir.IRBuilder, first: Any, last: Any, kinds: Sequence[ir.Type],
    body: Callable[[Any, int, Carried], Carried],
) -> Iterator[list[Any]]:  # fmt: skip
    """carried = body(column, width, carried) for the columns first … last: what is carried, vectors
    of these kinds that are 0 at first, behind the columns that go many at a time, and behind the
    rest, which go one by one."""
    middle = builder.add(first, builder.and_(builder.sub(last, first), INT64(-LANES)))
    for start, end, width in ((first, middle, LANES), (middle, last, 1)):
        times = builder.sdiv(builder.sub(end, start), INT64(width))
        zeros = [ir.Constant(ir.VectorType(kind, width), None) for kind in kinds]

        def turn(k: Any, carried: Carried, start: Any = start, width: int = width) -> Carried:
            return body(builder.add(start, builder.mul(k, INT64(width))), width, carried)

        yield loop(builder, times, zeros, turn)


def over_columns(
    builder: ir.IRBuilder, first: Any, last: Any, count: int,
    body: Callable[[Any, int, Carried], Carried],
) -> list[Any]:  # fmt: skip
    """body(column, width, largest) for the columns first … last, many at a time and then one by
    one. `largest` are `count` vectors of integers; returns the largest lane of each."""
    results = [INT32(0)] * count
    for largest in columns_in_turn(builder, first, last, [INT32] * count, body):
        for number, vector in enumerate(largest):
            for lane in range(vector.type.count):
                bits = builder.extract_element(vector, INT32(lane))
                above = builder.icmp_signed(">", bits, results[number])
                results[number] = builder.select(above, bits, results[number])
    return results


@intrinsic
def _sum(
    typing_context: Any, gradients: Any, rows: Any, parts: Any, owners: Any, first: Any, last: Any,
    factor: Any, total: Any,
) -> Any:  # fmt: skip
    """The fixed-point sums for the columns first … last; False where they mean nothing."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        terms = Terms(context, builder, sig, args)
        data = data_pointer(context, builder, sig.args[7], args[7])

        def put(column: Any, width: int, largest: Carried) -> Carried:
            value, bits = terms.total(column, width, largest[0])
            store_lanes(builder, value, data, column, aligned=False)
            return [bits]

        return terms.in_range(*over_columns(builder, args[4], args[5], 1, put))

    i = types.int64
    sig = types.boolean(gradients, rows, parts, owners, i, i, types.float64, total)
    return sig, generate


@Entry
def sum_exactly(gradients, rows, parts, owners, first, last, factor, total) -> bool:
    """total = gradients[rows] * factor in fixed point + parts[owners], for the columns first …
    last. `total` may be one of the parts. False where a gradient is out of range, NaN included.
    """
    return _sum(gradients, rows, parts, owners, first, last, factor, total)


@Entry
def sum_rows(gradients, rows, parts, owners, factor, total, tables, touched) -> bool:
    """The same for those rows of tables that are marked in a single gradient, gradients[rows[0]],
    of which nothing is left there; `touched` gets their marks. It ends with the first row that is
    out of range, which stays.

    `tables` have offset, rows, width, and where their marks begin.
    """
    place, row = 0, rows[0]
    for table in range(tables.shape[0]):
        offset, count, width = tables[table, 0], tables[table, 1], tables[table, 2]
        marks = tables[table, 3]
        for number in range(count):
            if gradients[row, marks + number] != 0:
                first = offset + number * width
                last = first + width
                if not _sum(gradients, rows, parts, owners, first, last, factor, total):
                    return False
                for column in range(first, last):
                    gradients[row, column] = 0
                gradients[row, marks + number] = 0
                touched[place + number] = 1
        place += count
    return True
