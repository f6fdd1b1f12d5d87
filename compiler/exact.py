"""Exact sums of gradients, and the optimizers, which take them: the same for every net."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from compiler.simd.kernel import Entry
from compiler.simd.loops import Carried, loop
from compiler.simd.vector import DOUBLE, FLOAT, INT32, INT64, LANES, broadcast, fused_multiply_add

# A mean gradient's unit in 64-bit fixed point is 2**-40, far below what a float32 weight can show.
# Sums are exact, so that their order and the number of threads and workers do not matter. A part,
# below LIMIT, has 50 bits, which is what the trick of _sums can take.
FRACTION_BITS = 40
LIMIT = 2.0**10
OUT_OF_RANGE, NOT_FINITE = 1, 2
_BLOCK = 2048  # parameters that are summed and updated at a time, in the first-level cache
# Without their sign, the bits of floats are in the order of the floats, with NaN above all.
_UNSIGNED = np.int32(0x7FFFFFFF)
_INFINITY = np.int32(0x7F800000)
# Adding it to a float64 rounds that to a whole number and leaves it in its low bits, which vectors
# can do, unlike conversions.
_ROUNDING = 1.5 * 2.0**52
_ROUNDING_BITS = 0x4338000000000000


def _sums(means: bool) -> Any:
    """An intrinsic `(gradients, rows, parts, owners, first, last, factor, out, at)`.

    It adds up, for the columns first … last, gradients[rows] * factor, each rounded to fixed point
    by itself, and parts[owners], which are in fixed point. The sums go to out[at], out[at + 1] …,
    in fixed point, or as float32 if `means`. It returns the bits of the largest of the gradients
    without its sign: where that is not below LIMIT / factor, the sums mean nothing.
    """

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        gradients, rows, parts, owners, out = (
            context.make_array(sig.args[k])(context, builder, args[k]) for k in (0, 1, 2, 3, 7)
        )
        first, last, at = args[4], args[5], args[8]
        scale = builder.fmul(args[6], DOUBLE(2.0**FRACTION_BITS))
        row_count, part_count = _length(builder, rows), _length(builder, owners)
        excess = builder.mul(row_count, INT64(_ROUNDING_BITS))  # each row brings these bits, too

        def sum_columns(start: Any, count: Any, width: int) -> Any:
            """`count` times `width` columns from `start` on. The largest bits of each lane."""
            floats, doubles, ints, longs = (
                ir.VectorType(kind, width) for kind in (FLOAT, DOUBLE, INT32, INT64)
            )
            scales, excesses = (
                broadcast(builder, scale, doubles), broadcast(builder, excess, longs)
            )  # fmt: skip

            def of(array: Any, numbers: Any, k: Any, column: Any, kind: Any) -> Any:
                """The columns of array[numbers[k]]."""
                number = builder.load(builder.gep(numbers.data, [k]))
                row = builder.mul(number, _length(builder, array, 1))
                return builder.load(
                    _pointer(builder, array, builder.add(row, column), kind), align=4
                )

            def sum_vector(index: Any, largest: Carried) -> Carried:
                column = builder.add(start, builder.mul(index, INT64(width)))

                def add_part(k: Any, total: Carried) -> Carried:
                    return [builder.add(total[0], of(parts, owners, k, column, longs))]

                def add_row(k: Any, carried: Carried) -> Carried:
                    total, largest = carried
                    values = of(gradients, rows, k, column, floats)
                    rounded = fused_multiply_add(
                        builder, builder.fpext(values, doubles), scales, _all(_ROUNDING, doubles)
                    )
                    bits = builder.and_(builder.bitcast(values, ints), _all(int(_UNSIGNED), ints))
                    larger = builder.icmp_signed(">", bits, largest)
                    total = builder.add(total, builder.bitcast(rounded, longs))
                    return [total, builder.select(larger, bits, largest)]

                total = [builder.sub(_all(0, longs), excesses)]
                total = loop(builder, part_count, total, add_part)
                total, largest = loop(builder, row_count, [*total, *largest], add_row)
                value = _mean(builder, total) if means else total
                place = builder.add(at, builder.sub(column, first))
                builder.store(value, _pointer(builder, out, place, value.type), align=4)
                return [largest]

            return loop(builder, count, [_all(0, ints)], sum_vector)[0]

        count = builder.sub(last, first)
        whole = builder.and_(count, INT64(-LANES))
        left = builder.and_(count, INT64(LANES - 1))
        lanes = sum_columns(first, builder.sdiv(whole, INT64(LANES)), LANES)
        rest = sum_columns(builder.add(first, whole), left, 1)
        largest = builder.extract_element(rest, INT32(0))
        for lane in range(LANES):
            bits = builder.extract_element(lanes, INT32(lane))
            largest = builder.select(builder.icmp_signed(">", bits, largest), bits, largest)
        return largest

    @intrinsic
    def sums(
        typing_context: Any, gradients: Any, rows: Any, parts: Any, owners: Any, first: Any,
        last: Any, factor: Any, out: Any, at: Any,
    ) -> Any:  # fmt: skip
        i = types.int64
        return types.int32(gradients, rows, parts, owners, i, i, types.float64, out, i), generate

    return sums


def _length(builder: ir.IRBuilder, array: Any, axis: int = 0) -> Any:
    return cgutils.unpack_tuple(builder, array.shape)[axis]


def _pointer(builder: ir.IRBuilder, array: Any, place: Any, kind: ir.VectorType) -> Any:
    return builder.bitcast(builder.gep(array.data, [place]), kind.as_pointer())


def _all(value: float, kind: ir.VectorType) -> ir.Constant:
    return ir.Constant(kind, [value] * kind.count)


def _mean(builder: ir.IRBuilder, total: Any) -> Any:
    """float32(total * 2**-FRACTION_BITS).

    Processors without AVX-512 convert 64-bit integers one by one. But the bits of 2**52 + n are
    those of 2**52 plus n for n below 2**32, and vectors can do that for both halves; their sum is
    rounded as the conversion would be.
    """
    longs, doubles, floats = (ir.VectorType(k, total.type.count) for k in (INT64, DOUBLE, FLOAT))

    def as_double(bits: Any) -> Any:
        return builder.bitcast(builder.or_(bits, _all(0x4330000000000000, longs)), doubles)

    raised = builder.xor(total, _all(-(2**63), longs))  # by 2**63, so that it is not negative
    low = as_double(builder.and_(raised, _all(0xFFFFFFFF, longs)))
    high = as_double(builder.lshr(raised, _all(32, longs)))
    low = builder.fsub(low, _all(2.0**52, doubles))
    high = builder.fsub(high, _all(2.0**52 + 2.0**31, doubles))
    low = builder.fmul(low, _all(2.0**-FRACTION_BITS, doubles))
    high = builder.fmul(high, _all(2.0 ** (32 - FRACTION_BITS), doubles))
    return builder.fptrunc(builder.fadd(high, low), floats)


_fixed_sums = _sums(means=False)
_mean_sums = _sums(means=True)


@intrinsic
def _bits_of(typing_context: Any, value: Any) -> Any:
    """The bits of a float32."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], INT32)

    return types.int32(types.float32), generate


@Entry
def sum_exactly(gradients, rows, parts, owners, total, first, last, factor) -> bool:
    """total = gradients[rows] * factor in fixed point + parts[owners], for the columns first …
    last. `total` may be one of the parts. False where a gradient is out of range, NaN included.
    """
    limit = _bits_of(np.float32(LIMIT / factor))
    return _fixed_sums(gradients, rows, parts, owners, first, last, factor, total, first) < limit


@Entry
def sgd(
    gradients, rows, parts, owners, first, last, factor, slopes, weights, velocity, rate, momentum,
    nesterov, weight_decay,
) -> int:  # fmt: skip
    """One step of stochastic gradient descent for the parameters first … last, with the sum that
    sum_exactly makes. `slopes` is space for some, beside those of other threads.

    v = momentum * v + g + weight_decay * w; w -= rate * (g + momentum * v if nesterov else v),
    as PyTorch defines it. 0, or OUT_OF_RANGE, or NOT_FINITE where a weight no longer is.
    """
    limit = _bits_of(np.float32(LIMIT / factor))
    largest = np.int32(0)
    for start in range(first, last, _BLOCK):
        end = min(start + _BLOCK, last)
        if _mean_sums(gradients, rows, parts, owners, start, end, factor, slopes, first) >= limit:
            return OUT_OF_RANGE
        w, v, s = weights[start:end], velocity[start:end], slopes[first : first + end - start]
        if momentum == np.float32(0):
            for k in range(w.size):
                w[k] -= rate * (s[k] + weight_decay * w[k])
                largest = max(largest, np.int32(_bits_of(w[k]) & _UNSIGNED))
        else:
            for k in range(w.size):
                slope = s[k] + weight_decay * w[k]
                v[k] = momentum * v[k] + slope
                w[k] -= rate * (slope + momentum * v[k] if nesterov else v[k])
                largest = max(largest, np.int32(_bits_of(w[k]) & _UNSIGNED))
    return 0 if largest < _INFINITY else NOT_FINITE


@Entry
def adam(
    gradients, rows, parts, owners, first, last, factor, slopes, weights, means, squares, rate,
    beta1, beta2, epsilon, weight_decay, step,
) -> int:  # fmt: skip
    """The same with one step of Adam (Kingma and Ba 2015), the `step`-th from 1: `means` and
    `squares` are the running means of the gradient and of its square.

    Weight decay is decoupled (Loshchilov and Hutter 2019), as in PyTorch's AdamW.
    """
    limit = _bits_of(np.float32(LIMIT / factor))
    one = np.float32(1)
    correction1 = np.float32(1.0 - np.float64(beta1) ** step)
    correction2 = np.float32(1.0 - np.float64(beta2) ** step)
    largest = np.int32(0)
    for start in range(first, last, _BLOCK):
        end = min(start + _BLOCK, last)
        if _mean_sums(gradients, rows, parts, owners, start, end, factor, slopes, first) >= limit:
            return OUT_OF_RANGE
        w, m, v = weights[start:end], means[start:end], squares[start:end]
        s = slopes[first : first + end - start]
        for k in range(w.size):
            m[k] = beta1 * m[k] + (one - beta1) * s[k]
            v[k] = beta2 * v[k] + (one - beta2) * s[k] * s[k]
            move = (m[k] / correction1) / (np.sqrt(v[k] / correction2) + epsilon)
            w[k] -= rate * (move + weight_decay * w[k])
            largest = max(largest, np.int32(_bits_of(w[k]) & _UNSIGNED))
    return 0 if largest < _INFINITY else NOT_FINITE
