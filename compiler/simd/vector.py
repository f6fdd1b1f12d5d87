"""The operations of kernels on sixteen float32 lanes (lanes.py).

Each is defined bit for bit by IEEE 754, so that results are the same on all processors. Offsets are
in float32 elements of the array.
"""

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin

from lenet.compiler.simd.lanes import (
    BYTES,
    FLOATS,
    INT32,
    INTS,
    LANES,
    Lanes,
    broadcast,
    call,
    constant,
    data_pointer,
    f32x16,
    fused_multiply_add,
    load_lanes,
    store_lanes,
    sum_of_lanes,
    u32x16,
)
from lenet.compiler.simd.lanes import (
    square_root as roots_of,
)
from lenet.compiler.target import Bounds


@intrinsic
def load(typing_context: Any, array: Any, offset: Any) -> Any:
    """The sixteen floats at `offset`, which is a multiple of 16."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return load_lanes(builder, data_pointer(context, builder, sig.args[0], args[0]), args[1])

    return f32x16(array, types.int64), generate


@intrinsic
def store(typing_context: Any, array: Any, offset: Any, value: Any) -> Any:
    """Sixteen floats to `offset`, which is a multiple of 16."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = data_pointer(context, builder, sig.args[0], args[0])
        store_lanes(builder, args[2], data, args[1])
        return context.get_dummy_value()

    return types.void(array, types.int64, f32x16), generate


@intrinsic
def load_bits(typing_context: Any, array: Any, offset: Any) -> Any:
    """The same sixteen places read as 32-bit integers."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = data_pointer(context, builder, sig.args[0], args[0])
        return builder.bitcast(load_lanes(builder, data, args[1]), INTS)

    return u32x16(array, types.int64), generate


@intrinsic
def load_bytes(typing_context: Any, array: Any, offset: Any) -> Any:
    """Sixteen bytes stored by `store_bytes`, widened to 32 bits."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = data_pointer(context, builder, sig.args[0], args[0])
        pointer = builder.bitcast(builder.gep(data, [args[1]]), BYTES.as_pointer())
        return builder.zext(builder.load(pointer, align=LANES), INTS)

    return u32x16(array, types.int64), generate


@intrinsic
def store_bytes(typing_context: Any, array: Any, offset: Any, value: Any) -> Any:
    """The low byte of each lane, in the space of four floats."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = data_pointer(context, builder, sig.args[0], args[0])
        pointer = builder.bitcast(builder.gep(data, [args[1]]), BYTES.as_pointer())
        builder.store(builder.trunc(args[2], BYTES), pointer, align=LANES)
        return context.get_dummy_value()

    return types.void(array, types.int64, u32x16), generate


@intrinsic
def splat(typing_context: Any, value: Any) -> Any:
    """One float32 in every lane."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return broadcast(builder, args[0])

    return f32x16(types.float32), generate


@intrinsic
def splat_int(typing_context: Any, value: Any) -> Any:
    """The low 32 bits of an integer in every lane."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return broadcast(builder, builder.trunc(args[0], INT32), INTS)

    return u32x16(types.int64), generate


def _floats(arity: int, build: Callable[..., Any], doc: str) -> Any:
    """An intrinsic from `arity` float vectors to one."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return build(builder, *args)

    sig = f32x16(*[f32x16] * arity)

    def unary(typing_context: Any, a: Any) -> Any:
        return sig, generate

    def binary(typing_context: Any, a: Any, b: Any) -> Any:
        return sig, generate

    def ternary(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
        return sig, generate

    def quaternary(typing_context: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
        return sig, generate

    function = (unary, binary, ternary, quaternary)[arity - 1]
    function.__doc__ = doc
    return intrinsic(function)


def _select(comparison: str) -> Callable[..., Any]:
    def build(builder: Any, a: Any, b: Any, x: Any, y: Any) -> Any:
        return builder.select(builder.fcmp_ordered(comparison, a, b), x, y)

    return build


def _minimum(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_unordered(">=", a, b), b, a)


def _maximum(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_unordered("<=", a, b), b, a)


fma = _floats(3, fused_multiply_add, "a * b + c, rounded once.")
minimum = _floats(2, _minimum, "The smaller; b where either is NaN.")
maximum = _floats(2, _maximum, "The larger; b where either is NaN.")
select_less = _floats(4, _select("<"), "Lane by lane: c where a < b, else d.")
select_greater = _floats(4, _select(">"), "Lane by lane: c where a > b, else d.")
absolute = _floats(1, lambda b, x: call(b, "llvm.fabs.v16f32", x), "|x|")
square_root = _floats(1, roots_of, "The square root, correctly rounded.")
round_even = _floats(1, lambda b, x: call(b, "llvm.rint.v16f32", x), "x rounded to even.")
copy_sign = _floats(
    2, lambda b, x, y: call(b, "llvm.copysign.v16f32", x, y), "|x| with the sign of y."
)
select_nan = _floats(
    3,
    lambda b, x, c, d: b.select(b.fcmp_unordered("uno", x, x), c, d),
    "Lane by lane: c where x is NaN, else d.",
)


@intrinsic
def to_bits(typing_context: Any, value: Any) -> Any:
    """The bits of the floats."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], INTS)

    return u32x16(f32x16), generate


@intrinsic
def from_bits(typing_context: Any, value: Any) -> Any:
    """The floats with these bits."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], FLOATS)

    return f32x16(u32x16), generate


@intrinsic
def to_float(typing_context: Any, value: Any) -> Any:
    """Signed 32-bit integers as floats."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.sitofp(args[0], FLOATS)

    return f32x16(u32x16), generate


@intrinsic
def select_equal(typing_context: Any, a: Any, b: Any, x: Any, y: Any) -> Any:
    """Lane by lane: x where the integers a and b are equal, else y."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.select(builder.icmp_signed("==", args[0], args[1]), args[2], args[3])

    return f32x16(u32x16, u32x16, f32x16, f32x16), generate


@intrinsic
def select_below(typing_context: Any, a: Any, b: Any, x: Any, y: Any) -> Any:
    """Lane by lane: x where a < b as unsigned integers, else y."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.select(builder.icmp_unsigned("<", args[0], args[1]), args[2], args[3])

    return f32x16(u32x16, u32x16, f32x16, f32x16), generate


@intrinsic
def choose_index(typing_context: Any, x: Any, best: Any, index: Any, old: Any) -> Any:
    """Lane by lane: the integer `index` where x beats `best`, else `old`; NaN beats all."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        wins = beats(builder, args[0], args[1])
        return builder.select(wins, args[2], args[3])

    return u32x16(f32x16, f32x16, u32x16, u32x16), generate


@intrinsic
def choose_value(typing_context: Any, x: Any, best: Any) -> Any:
    """Lane by lane: x where it beats `best`, else `best`; NaN beats all."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.select(beats(builder, args[0], args[1]), args[0], args[1])

    return f32x16(f32x16, f32x16), generate


def clipped(builder: ir.IRBuilder, value: Any, bounds: Bounds | None) -> Any:
    """LLVM's code that keeps lanes within bounds, as `maximum` and then `minimum` do it."""
    if bounds is None:
        return value
    low, high = bounds
    value = _maximum(builder, constant(low, value.type.count), value)
    return value if high is None else _minimum(builder, constant(high, value.type.count), value)


def beats(builder: ir.IRBuilder, x: Any, best: Any) -> Any:
    """The lanes in which x is larger than `best`, or NaN."""
    greater = builder.fcmp_ordered(">", x, best)
    return builder.or_(greater, builder.fcmp_unordered("uno", x, x))


@intrinsic
def lane_sum(typing_context: Any, value: Any) -> Any:
    """The sum of the sixteen lanes, in a fixed order."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.extract_element(sum_of_lanes(builder, [args[0]]), INT32(0))

    return types.float32(f32x16), generate


def _operator(op: Any, lanes: Lanes, build: Callable[..., Any]) -> None:
    @infer_global(op)
    class Template(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: Any, kws: Any) -> Any:
            return signature(lanes, lanes, lanes) if args == (lanes, lanes) else None

    @lower_builtin(op, lanes, lanes)
    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return build(builder, *args)


_operator(operator.add, f32x16, lambda b, x, y: b.fadd(x, y))
_operator(operator.sub, f32x16, lambda b, x, y: b.fsub(x, y))
_operator(operator.mul, f32x16, lambda b, x, y: b.fmul(x, y))
_operator(operator.truediv, f32x16, lambda b, x, y: b.fdiv(x, y))
_operator(operator.add, u32x16, lambda b, x, y: b.add(x, y))
_operator(operator.sub, u32x16, lambda b, x, y: b.sub(x, y))
_operator(operator.mul, u32x16, lambda b, x, y: b.mul(x, y))
_operator(operator.and_, u32x16, lambda b, x, y: b.and_(x, y))
_operator(operator.xor, u32x16, lambda b, x, y: b.xor(x, y))
_operator(operator.lshift, u32x16, lambda b, x, y: b.shl(x, y))
_operator(operator.rshift, u32x16, lambda b, x, y: b.lshr(x, y))
