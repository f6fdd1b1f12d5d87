"""Exact sums on their way to others, in as few bytes as they need.

Numbers of 64 bits are packed in blocks, all of a block in as many bytes as the largest of them
takes: first comes a byte for each block that says how many these are, then the blocks. In a block
the low bytes of all numbers lie before the high ones, in planes that vectors can take apart and put
together. Numbers that do not fill a vector come last, as they are.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from lenet.compiler.simd.kernel import Entry
from lenet.compiler.simd.lanes import INT32, INT64, LANES, broadcast, data_pointer

_BLOCK = 1024  # numbers
_LONGS = ir.VectorType(INT64, LANES)


def most_bytes(count: int) -> int:
    """That so many numbers may take."""
    return -(-count // _BLOCK) + 8 * count


def packed(values: NDArray[np.int64], space: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The numbers, in so much of a space of `most_bytes` as they take."""
    end, rest = int(pack(values, space)), _rest(values).view(np.uint8)
    space[end : end + rest.size] = rest
    return space[: end + rest.size]


def unpacked(data: NDArray[np.uint8], values: NDArray[np.int64], adds: bool) -> bool:
    """Put what was packed into `values`, or add it to them; False where it is not so many numbers,
    and they mean nothing then."""
    last = _rest(values)
    end = data.size - last.nbytes
    if end < 0 or unpack(data[:end], values, adds) != end:
        return False
    rest = np.frombuffer(data[end:], np.int64)
    last[:] = last + rest if adds else rest
    return True


def _rest(values: NDArray[np.int64]) -> NDArray[np.int64]:
    return values[values.size - values.size % LANES :]


def _sixteen(builder: ir.IRBuilder, data: Any, place: Any, bits: int) -> Any:
    """A pointer to sixteen integers."""
    kind = ir.VectorType(ir.IntType(bits), LANES).as_pointer()
    return builder.bitcast(builder.gep(data, [place]), kind)


@intrinsic
def _used_bits(typing_context: Any, values: Any, place: Any) -> Any:
    """The bits that some of sixteen numbers have, or do not have if they are negative; their sign
    is the lowest one."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        data = data_pointer(context, builder, values, args[0])
        vector = builder.load(_sixteen(builder, data, args[1], 64), align=8)
        one, most = (broadcast(builder, INT64(bits), _LONGS) for bits in (1, 63))
        vector = builder.xor(builder.shl(vector, one), builder.ashr(vector, most))
        width = LANES
        while width > 1:
            width //= 2
            low, high = (
                builder.shuffle_vector(
                    vector, vector,
                    ir.Constant(ir.VectorType(INT32, width), list(range(k, k + width))),
                )
                for k in (0, width)
            )  # fmt: skip
            vector = builder.or_(low, high)
        return builder.extract_element(vector, INT32(0))

    return types.int64(values, types.int64), generate


def _narrow(bits: int) -> Any:
    """narrow(values, place, excess, shift, packed, at): of sixteen numbers, so much larger, so many
    bits from the bit `shift` on."""

    @intrinsic
    def narrow(
        typing_context: Any, values: Any, place: Any, excess: Any, shift: Any, packed: Any, at: Any
    ) -> Any:
        def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
            source, target = (data_pointer(context, builder, sig.args[k], args[k]) for k in (0, 4))
            value = builder.load(_sixteen(builder, source, args[1], 64), align=8)
            value = builder.add(value, broadcast(builder, args[2], _LONGS))
            value = builder.lshr(value, broadcast(builder, args[3], _LONGS))
            value = builder.trunc(value, ir.VectorType(ir.IntType(bits), LANES))
            builder.store(value, _sixteen(builder, target, args[5], bits), align=1)
            return context.get_dummy_value()

        i = types.int64
        return types.none(values, i, i, i, packed, i), generate

    return narrow


def _widen(bits: int) -> Any:
    """widen(packed, at, shift, values, place): add them to what is there."""

    @intrinsic
    def widen(
        typing_context: Any, packed: Any, at: Any, shift: Any, values: Any, place: Any
    ) -> Any:
        def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
            source, target = (data_pointer(context, builder, sig.args[k], args[k]) for k in (0, 3))
            value = builder.load(_sixteen(builder, source, args[1], bits), align=1)
            value = builder.zext(value, _LONGS)
            value = builder.shl(value, broadcast(builder, args[2], _LONGS))
            pointer = _sixteen(builder, target, args[4], 64)
            builder.store(builder.add(builder.load(pointer, align=8), value), pointer, align=8)
            return context.get_dummy_value()

        i = types.int64
        return types.none(packed, i, i, values, i), generate

    return widen


_narrow_8, _narrow_16 = _narrow(8), _narrow(16)
_widen_8, _widen_16 = _widen(8), _widen(16)


@Entry
def pack(values, packed) -> int:
    """The bytes that the blocks of some values take in `packed`."""
    count = values.size // LANES * LANES
    at = blocks = (count + _BLOCK - 1) // _BLOCK
    for block in range(blocks):
        first = block * _BLOCK
        last = min(first + _BLOCK, count)
        used = 0
        for place in range(first, last, LANES):
            used |= _used_bits(values, place)
        width = 0
        while width < 8 and used >> 8 * width:
            width += 1
        packed[block] = width
        # A number with its sign, and so much more, is not negative.
        excess = 1 << (8 * width - 1) if width else 0
        for plane in range(width // 2):
            for place in range(first, last, LANES):
                _narrow_16(values, place, excess, 16 * plane, packed, at)
                at += 2 * LANES
        if width % 2:
            for place in range(first, last, LANES):
                _narrow_8(values, place, excess, 8 * width - 8, packed, at)
                at += LANES
    return at


@Entry
def unpack(packed, values, adds) -> int:
    """The bytes that they have taken; -1 where there are fewer."""
    count = values.size // LANES * LANES
    at = blocks = (count + _BLOCK - 1) // _BLOCK
    if packed.size < blocks:
        return -1
    for block in range(blocks):
        first = block * _BLOCK
        last = min(first + _BLOCK, count)
        width = np.int64(packed[block])
        if width > 8 or at + width * (last - first) > packed.size:
            return -1
        excess = 1 << (8 * width - 1) if width else 0
        for place in range(first, last):
            values[place] = (values[place] if adds else 0) - excess
        for plane in range(width // 2):
            for place in range(first, last, LANES):
                _widen_16(packed, at, 16 * plane, values, place)
                at += 2 * LANES
        if width % 2:
            for place in range(first, last, LANES):
                _widen_8(packed, at, 8 * width - 8, values, place)
                at += LANES
    return at
