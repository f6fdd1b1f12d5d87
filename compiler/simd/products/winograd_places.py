"""Winograd's transforms of one image whose maps lie by places: the lanes are channels. See
winograd.py. Sizes are arguments, so that all layers of a net share the code."""

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from lenet.compiler.simd.content import described
from lenet.compiler.simd.lanes import INT64, constant, data_pointer, load_lanes
from lenet.compiler.simd.products.winograd import Map, from_points, into_points
from lenet.compiler.simd.products.winograd_matrices import Arithmetic, matrices
from lenet.compiler.simd.vector import clipped
from lenet.compiler.target import Bounds


@described
def transform_places(kernel: int, register: int) -> Any:
    """An intrinsic `(arena, x, v, v_point, zero, row, height, width, columns, above, left, place,
    channels)` for a row of tiles.

    v[point, tile, channel] = Bt d B of each tile d of the map x; points are v_point floats apart,
    tiles and places of x `place`. `zero` is the offset of a register's zeros, read where a
    tile hangs over the border.
    """

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        arena, x, v, v_point, zero, row, height, width, columns, above, left, *rest = args
        place, channels = rest
        data = data_pointer(context, builder, sig.args[0], arena)
        parts = builder.sdiv(channels, INT64(register))
        sizes = Map(kernel, height, width, columns, (above, left), parts, place, place)
        given = x, v, v_point, zero, row, INT64(1)
        into_points(Arithmetic(builder, register), sizes, matrices(kernel)[2], data, *given)
        return context.get_dummy_value()

    @intrinsic
    def transform(
        typing_context: Any, arena: Any, x: Any, v: Any, v_point: Any, zero: Any, row: Any,
        height: Any, width: Any, columns: Any, above: Any, left: Any, place: Any,
        channels: Any,
    ) -> Any:  # fmt: skip
        return types.void(arena, *[types.int64] * 12), generate

    return transform


@described
def transform_back_places(
    kernel: int, register: int, bias: bool, adds: bool, clips: Bounds | None
) -> Any:
    """An intrinsic `(arena, m, m_point, weights, b, y, addend, row, height, width, columns, place,
    channels)` for a row of tiles.

    y = At m A, plus what lies at weights[b + channel] where there is a `bias`, and in the map
    `addend` where it `adds`, kept within the bounds that `clips` has.
    """

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        arena, m, m_point, weights, b, y, addend, row, height, width, *rest = args
        columns, place, channels = rest
        data = data_pointer(context, builder, sig.args[0], arena)
        starts = data_pointer(context, builder, sig.args[3], weights)

        def finished(value: Any, channel: Any, at: Any) -> Any:
            start = constant(0.0, register)  # as in a block: it makes 0 of -0
            if bias:
                begin = builder.add(b, channel)
                start = load_lanes(builder, starts, begin, register, aligned=False)
            value = builder.fadd(value, start)
            if adds:
                other = load_lanes(builder, data, builder.add(addend, at), register)
                value = builder.fadd(value, other)
            return clipped(builder, value, clips)

        parts, edge = builder.sdiv(channels, INT64(register)), INT64(0)
        sizes = Map(kernel, height, width, columns, (edge, edge), parts, place, place)
        given = data, m, m_point, y, row, INT64(1)
        from_points(Arithmetic(builder, register), sizes, *given, finished)
        return context.get_dummy_value()

    @intrinsic
    def transform(
        typing_context: Any, arena: Any, m: Any, m_point: Any, weights: Any, b: Any, y: Any,
        addend: Any, row: Any, height: Any, width: Any, columns: Any, place: Any, channels: Any,
    ) -> Any:  # fmt: skip
        i = types.int64
        return types.void(arena, i, i, weights, *[i] * 9), generate

    return transform
