"""Values as words of four bytes, as layers of int8 weights take them (kernels/shared/words.py).

A value becomes the whole number next to it times one over the scale, of two the even one, within
bounds, plus that of zero: ONNX's QuantizeLinear, but for the product in place of a quotient. Of
`weights` at `at`: one over the scale, the least and the largest number, all float32, and the zero,
an integer.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from lenet.compiler.simd.anywhere import load_any
from lenet.compiler.simd.kernel import linked
from lenet.compiler.simd.lanes import INTS, constant_int, data_pointer, u32x16
from lenet.compiler.simd.vector import (
    from_bits,
    load,
    load_bits,
    maximum,
    minimum,
    splat,
    splat_int,
    store,
    store_bytes,
    to_bits,
    to_float,
)

_ROUNDING = np.float32(1.5 * 2**23)  # next to it, floats are whole numbers; its lowest byte is 0


@linked
def _byte(weights, at, values):
    """In the lowest byte of each lane; what is above it is 0."""
    scaled = values * splat(weights[at])
    scaled = minimum(maximum(scaled, splat(weights[at + 1])), splat(weights[at + 2]))
    return (to_bits(scaled + splat(_ROUNDING)) + _zero(weights, at)) & splat_int(255)


@linked
def _zero(weights, at):
    return to_bits(splat(weights[at + 3]))


@intrinsic
def _pushed(typing_context: Any, word: Any, byte: Any) -> Any:
    """The word without its lowest byte, and with this one as its highest."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        rest = builder.lshr(args[0], constant_int(8))
        return builder.or_(rest, builder.shl(args[1], constant_int(24)))

    return u32x16(u32x16, u32x16), generate


@intrinsic
def _store_words(typing_context: Any, array: Any, offset: Any, value: Any) -> Any:
    """Sixteen words at any offset."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        data = data_pointer(context, builder, sig.args[0], args[0])
        pointer = builder.bitcast(builder.gep(data, [args[1]]), INTS.as_pointer())
        builder.store(args[2], pointer, align=4)
        return context.get_dummy_value()

    return types.void(array, types.int64, u32x16), generate


@linked
def _blank(arena, weights, at, words, count):
    """`count` words of sixteen lanes, of zeros only."""
    zeros = from_bits(_zero(weights, at) * splat_int(0x01010101))
    for place in range(count):
        store(arena, words + place * 16, zeros)


@linked
def words_of_channels(
    arena, weights, at, x, words, channels, height, width, above, left, rows, columns
):
    """Of maps (channels, height, width) of a block: words (channels / 4, rows, columns), with
    `above` rows and `left` columns of padding before the map's."""
    groups = (channels + 3) // 4
    if above or left or rows > height or columns > width:
        _blank(arena, weights, at, words, groups * rows * columns)
    for group in range(groups):
        for row in range(min(height, rows - above)):
            for column in range(min(width, columns - left)):
                place = x + ((group * 4 * height + row) * width + column) * 16
                word = splat_int(0)
                for k in range(4):
                    byte = splat_int(0)
                    if group * 4 + k < channels:
                        byte = _byte(weights, at, load(arena, place + k * height * width * 16))
                    word = _pushed(word, byte)
                to = ((group * rows + row + above) * columns + column + left) * 16
                store(arena, words + to, from_bits(word))


@linked
def words_of_columns(
    arena, weights, at, x, words, channels, height, width, above, left, rows, columns
):
    """The same, of which each word has four neighbouring columns: (channels, rows, columns)."""
    if above or rows > height:
        _blank(arena, weights, at, words, channels * rows * columns)
    for channel in range(channels):
        for row in range(min(height, rows - above)):
            line = x + (channel * height + row) * width * 16
            to = words + ((channel * rows + row + above) * columns - 3) * 16
            word = splat_int(0)
            for step in range(columns + 3):
                byte = _zero(weights, at)
                if left <= step < left + width:
                    byte = _byte(weights, at, load(arena, line + (step - left) * 16))
                word = _pushed(word, byte)
                if step >= 3:
                    store(arena, to + step * 16, from_bits(word))


@linked
def single_words_of_channels(arena, weights, at, x, words, channels, places):
    """Of maps of so many places of one image: words (channels / 4, places). Reads and writes up to
    fifteen places beyond the last one."""
    for group in range((channels + 3) // 4):
        for place in range(0, places, 16):
            word = splat_int(0)
            for k in range(4):
                byte = splat_int(0)
                if group * 4 + k < channels:
                    byte = _byte(weights, at, load_any(arena, x + (group * 4 + k) * places + place))
                word = _pushed(word, byte)
            _store_words(arena, words + group * places + place, word)


@linked
def single_words_of_columns(arena, weights, at, x, words, channels, places):
    """The same, of which each word has the values of four neighbouring places. Reads up to eighteen
    places beyond the last one."""
    for channel in range(channels):
        for place in range(0, places, 16):
            word = splat_int(0)
            for k in range(4):
                at_once = load_any(arena, x + channel * places + place + k)
                word = _pushed(word, _byte(weights, at, at_once))
            _store_words(arena, words + channel * places + place, word)


@linked
def single_words_of_values(arena, weights, at, x, words, count):
    """Of neighbouring values, four a word; `words` is a multiple of 4. Reads and writes up to
    fifteen values beyond the last one."""
    for place in range(0, count, 16):
        values = _byte(weights, at, load_any(arena, x + place))
        store_bytes(arena, words + place // 4, values)


@linked
def finish_sums(arena, weights, scales, y, outputs):
    """Sums of words, which are whole numbers, become values: times the scale of each output."""
    for output in range(outputs):
        at = y + output * 16
        store(arena, at, to_float(load_bits(arena, at)) * splat(weights[scales + output]))
