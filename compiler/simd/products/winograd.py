"""Winograd's minimal filtering: the transforms in LLVM IR.

F(m x m, r x r) gives m x m outputs of an r x r correlation for n x n multiplications,
n = m + r - 1, where the direct sum needs m x m x r x r: Y = At [(G g Gt) * (Bt d B)] A, with *
element by element (A. Lavin and S. Gray, Fast Algorithms for Convolutional Neural Networks, 2015,
equation 8).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from lenet.compiler.simd.content import described
from lenet.compiler.simd.lanes import (
    FLOAT,
    INT64,
    LANES,
    broadcast,
    data_pointer,
    load_lanes,
    store_lanes,
)
from lenet.compiler.simd.loops import repeat
from lenet.compiler.simd.products.sizes import WINOGRAD as SIZE
from lenet.compiler.simd.products.winograd_matrices import Arithmetic, Matrix, matrices


@dataclass(frozen=True)
class Tiles:
    """A map of `height` x `width` as overlapping n x n tiles, `step` apart and `columns` side by
    side, `padding` above and left of it. `register` is the width of a register; a block has sixteen
    lanes."""

    register: int
    kernel: int
    height: int
    width: int
    columns: int
    padding: tuple[int, int] = (0, 0)

    @property
    def step(self) -> int:
        """Rows and columns from one tile to the next: the m of F(m x m, r x r)."""
        return SIZE - self.kernel + 1

    @property
    def map(self) -> "Map":
        """What of it is known when the code is made."""
        return Map(
            self.kernel, INT64(self.height), INT64(self.width), INT64(self.columns),
            (INT64(self.padding[0]), INT64(self.padding[1])), INT64(LANES // self.register),
            over=(self.height % self.step > 0, self.width % self.step > 0),
        )  # fmt: skip


@dataclass(frozen=True)
class Map:
    """The same as values of LLVM, which may be arguments: `parts` registers at each place, which
    lies `place` floats behind the one before; transformed, a tile lies `tile` floats behind the one
    before. `over` says whether the last tiles may hang over the map, down and across."""

    kernel: int
    height: Any
    width: Any
    columns: Any
    padding: tuple[Any, Any]
    parts: Any
    place: Any = INT64(LANES)
    tile: Any = INT64(LANES)
    over: tuple[bool, bool] = (True, True)

    @property
    def step(self) -> Any:
        return INT64(SIZE - self.kernel + 1)


@described
def transform_input(tiles: Tiles) -> Any:
    """An intrinsic `(arena, x, v, v_point, zero, first, rows)` for some rows of tiles of a channel.

    v[point, tile] = Bt d B of each tile d of the map x; points are v_point floats apart. `zero` is
    the offset of sixteen zeros, read where a tile hangs over the border.
    """
    return _into_points(tiles, matrices(tiles.kernel)[2])


@described
def transform_slopes(tiles: Tiles) -> Any:
    """The same with A d At of each m x m tile d of the gradient of an output."""
    at, _, _ = matrices(tiles.kernel)
    return _into_points(tiles, tuple(zip(*at, strict=True)))


def _into_points(tiles: Tiles, matrix: Matrix) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = data_pointer(context, builder, sig.args[0], args[0])
        into_points(Arithmetic(builder, tiles.register), tiles.map, matrix, data, *args[1:])
        return context.get_dummy_value()

    @intrinsic
    def transform(
        typing_context: Any, arena: Any, x: Any, v: Any, v_point: Any, zero: Any, first: Any,
        rows: Any,
    ) -> Any:  # fmt: skip
        return types.void(arena, *[types.int64] * 6), generate

    return transform


def into_points(
    arithmetic: Arithmetic, sizes: Map, matrix: Matrix, data: Any, x: Any, v: Any, v_point: Any,
    zero: Any, first: Any, rows: Any,
) -> None:  # fmt: skip
    """The code of transform_input, or of transform_slopes, for vectors of a map."""
    builder, register = arithmetic.builder, arithmetic.width

    def inside(edge: Any, size: Any) -> list[tuple[Any, Any]]:
        """(place, whether it is on the map) for each line of a tile."""
        places = [builder.add(edge, INT64(k)) for k in range(len(matrix[0]))]
        return [(p, builder.icmp_unsigned("<", p, size)) for p in places]

    def body(part: Any, row: Any, column: Any) -> None:
        lanes = builder.mul(part, INT64(register))
        top = builder.mul(builder.add(first, row), sizes.step)
        top = builder.sub(top, sizes.padding[0])
        left = builder.sub(builder.mul(column, sizes.step), sizes.padding[1])
        lines, places = inside(top, sizes.height), inside(left, sizes.width)
        values: list[list[Any]] = []
        for line, line_inside in lines:
            values.append([])
            start = builder.mul(line, sizes.width)
            for place, place_inside in places:
                offset = builder.add(x, builder.mul(builder.add(start, place), sizes.place))
                offset = builder.add(offset, lanes)
                offset = builder.select(builder.and_(line_inside, place_inside), offset, zero)
                values[-1].append(load_lanes(builder, data, offset, register))
        tile = builder.add(builder.mul(row, sizes.columns), column)
        to = builder.add(v, builder.add(builder.mul(tile, sizes.tile), lanes))
        points = [value for line in arithmetic.square(matrix, values) for value in line]
        for k, value in enumerate(points):
            at = builder.add(to, builder.mul(v_point, INT64(k)))
            store_lanes(builder, value, data, at)

    _over_tiles(builder, rows, sizes, body)


@described
def transform_output(tiles: Tiles) -> Any:
    """An intrinsic `(arena, m, m_point, bias, y, first, rows)` for some rows of tiles of a channel.

    y = At m A + bias, where `height` and `width` are those of y.
    """

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        arena, m, m_point, bias, y, first, rows = args
        data = data_pointer(context, builder, sig.args[0], arena)
        start = broadcast(builder, bias, ir.VectorType(FLOAT, tiles.register))
        arithmetic = Arithmetic(builder, tiles.register)

        def finished(value: Any, *_: Any) -> Any:
            return builder.fadd(value, start)

        from_points(arithmetic, tiles.map, data, m, m_point, y, first, rows, finished)
        return context.get_dummy_value()

    @intrinsic
    def transform(
        typing_context: Any, arena: Any, m: Any, m_point: Any, bias: Any, y: Any, first: Any,
        rows: Any,
    ) -> Any:  # fmt: skip
        i = types.int64
        return types.void(arena, i, i, types.float32, i, i, i), generate

    return transform


def from_points(
    arithmetic: Arithmetic, sizes: Map, data: Any, m: Any, m_point: Any, y: Any, first: Any,
    rows: Any, finished: Callable[[Any, Any, Any], Any],
) -> None:  # fmt: skip
    """The code of transform_output for vectors of a map; finished(value, lanes, at) of the vector
    that begins with channel or lane `lanes`, `at` behind y, is what is stored."""
    builder, register = arithmetic.builder, arithmetic.width
    at, _, _ = matrices(sizes.kernel)

    def body(part: Any, row: Any, column: Any) -> None:
        lanes = builder.mul(part, INT64(register))
        tile = builder.add(builder.mul(row, sizes.columns), column)
        source = builder.add(m, builder.add(builder.mul(tile, sizes.tile), lanes))
        points = [builder.add(source, builder.mul(m_point, INT64(k))) for k in range(SIZE**2)]
        loaded = [load_lanes(builder, data, place, register) for place in points]
        values = [loaded[k : k + SIZE] for k in range(0, SIZE**2, SIZE)]
        top = builder.mul(builder.add(first, row), sizes.step)
        left = builder.mul(column, sizes.step)
        for i, line in enumerate(arithmetic.square(at, values)):
            for j, value in enumerate(line):
                places = builder.add(top, INT64(i)), builder.add(left, INT64(j))
                index = builder.add(builder.mul(places[0], sizes.width), places[1])
                behind = builder.add(builder.mul(index, sizes.place), lanes)
                to = builder.add(y, behind)
                ends = zip(places, (sizes.height, sizes.width), sizes.over, strict=True)
                on_map = [
                    builder.icmp_signed("<", place, size) for place, size, over in ends if over
                ]
                if not on_map:
                    store_lanes(builder, finished(value, lanes, behind), data, to)
                    continue
                with builder.if_then(reduce(builder.and_, on_map)):
                    store_lanes(builder, finished(value, lanes, behind), data, to)

    _over_tiles(builder, rows, sizes, body)


def _over_tiles(builder: ir.IRBuilder, rows: Any, sizes: Map, body: Any) -> None:
    """`body(part, row, column)` for all tiles and parts of a place."""

    def for_row(row: Any) -> None:
        def for_column(column: Any) -> None:
            repeat(builder, sizes.parts, lambda part: body(part, row, column))

        repeat(builder, sizes.columns, for_column)

    repeat(builder, rows, for_row)
