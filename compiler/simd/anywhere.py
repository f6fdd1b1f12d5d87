"""Vectors at any offset, not of whole cache lines."""

from typing import Any

from numba.core import types
from numba.extending import intrinsic

from lenet.compiler.simd.lanes import (
    FLOAT,
    FLOATS,
    INT32,
    INT64,
    LANES,
    data_pointer,
    f32x16,
    load_lanes,
    store_lanes,
)
from lenet.compiler.simd.loops import Carried, loop


@intrinsic
def load_any(typing_context: Any, array: Any, offset: Any) -> Any:
    """The sixteen floats at any offset."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = data_pointer(context, builder, sig.args[0], args[0])
        return load_lanes(builder, data, args[1], aligned=False)

    return f32x16(array, types.int64), generate


@intrinsic
def store_any(typing_context: Any, array: Any, offset: Any, value: Any) -> Any:
    """Sixteen floats to any offset."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = data_pointer(context, builder, sig.args[0], args[0])
        store_lanes(builder, args[2], data, args[1], aligned=False)
        return context.get_dummy_value()

    return types.void(array, types.int64, f32x16), generate


@intrinsic
def store_one(typing_context: Any, array: Any, offset: Any, value: Any) -> Any:
    """The first lane only."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = data_pointer(context, builder, sig.args[0], args[0])
        lane = builder.extract_element(args[2], INT32(0))
        builder.store(lane, builder.gep(data, [args[1]]))
        return context.get_dummy_value()

    return types.void(array, types.int64, f32x16), generate


@intrinsic
def store_first(typing_context: Any, array: Any, offset: Any, value: Any, count: Any) -> Any:
    """The first `count` lanes at any offset."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = data_pointer(context, builder, sig.args[0], args[0])
        with builder.goto_entry_block():
            space = builder.alloca(FLOATS)
        builder.store(args[2], space)
        space = builder.bitcast(space, FLOAT.as_pointer())
        most = builder.select(
            builder.icmp_signed("<", args[3], INT64(LANES)), args[3], INT64(LANES)
        )

        def copy(lane: Any, carried: Carried) -> Carried:
            element = builder.load(builder.gep(space, [lane]))
            builder.store(element, builder.gep(data, [builder.add(args[1], lane)]))
            return carried

        loop(builder, most, [], copy)
        return context.get_dummy_value()

    return types.void(array, types.int64, f32x16, types.int64), generate
