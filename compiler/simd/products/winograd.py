"""Winograd's minimal filtering: the transforms in LLVM IR.

F(m x m, r x r) gives m x m outputs of an r x r correlation for n x n multiplications,
n = m + r - 1, where the direct sum needs m x m x r x r: Y = At [(G g Gt) * (Bt d B)] A, with *
element by element (A. Lavin and S. Gray, Fast Algorithms for Convolutional Neural Networks, 2015,
equation 8).
"""

from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from lenet.compiler.simd.content import described
from lenet.compiler.simd.lanes import (
    FLOAT,
    INT32,
    INT64,
    LANES,
    broadcast,
    data_pointer,
    load_lanes,
    store_lanes,
)
from lenet.compiler.simd.loops import loop
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
    register, step, padding = tiles.register, tiles.step, tiles.padding
    height, width, columns = INT64(tiles.height), INT64(tiles.width), INT64(tiles.columns)
    side = len(matrix[0])

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        arena, x, v, v_point, zero, first, rows = args
        data = data_pointer(context, builder, sig.args[0], arena)
        arithmetic = Arithmetic(builder, register)

        def inside(edge: Any, size: Any) -> list[tuple[Any, Any]]:
            """(place, whether it is on the map) for each line of a tile."""
            places = [builder.add(edge, INT64(k)) for k in range(side)]
            return [(p, builder.icmp_unsigned("<", p, size)) for p in places]

        def body(part: Any, row: Any, column: Any) -> None:
            lanes = builder.mul(part, INT64(register))
            top = builder.mul(builder.add(first, row), INT64(step))
            top = builder.sub(top, INT64(padding[0]))
            left = builder.sub(builder.mul(column, INT64(step)), INT64(padding[1]))
            lines, places = inside(top, height), inside(left, width)
            values: list[list[Any]] = []
            for line, line_inside in lines:
                values.append([])
                start = builder.mul(line, width)
                for place, place_inside in places:
                    offset = builder.add(x, builder.mul(builder.add(start, place), INT64(LANES)))
                    offset = builder.select(builder.and_(line_inside, place_inside), offset, zero)
                    offset = builder.add(offset, lanes)
                    values[-1].append(load_lanes(builder, data, offset, register))
            tile = builder.add(builder.mul(row, columns), column)
            to = builder.add(v, builder.add(builder.mul(tile, INT64(LANES)), lanes))
            points = [value for line in arithmetic.square(matrix, values) for value in line]
            for k, value in enumerate(points):
                at = builder.add(to, builder.mul(v_point, INT64(k)))
                store_lanes(builder, value, data, at)

        _over_tiles(builder, rows, columns, LANES // register, body)
        return context.get_dummy_value()

    @intrinsic
    def transform(
        typing_context: Any, arena: Any, x: Any, v: Any, v_point: Any, zero: Any, first: Any,
        rows: Any,
    ) -> Any:  # fmt: skip
        return types.void(arena, *[types.int64] * 6), generate

    return transform


@described
def transform_output(tiles: Tiles) -> Any:
    """An intrinsic `(arena, m, m_point, bias, y, first, rows)` for some rows of tiles of a channel.

    y = At m A + bias, where `height` and `width` are those of y.
    """
    at, _, _ = matrices(tiles.kernel)
    register, step, columns = tiles.register, tiles.step, INT64(tiles.columns)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        arena, m, m_point, bias, y, first, rows = args
        data = data_pointer(context, builder, sig.args[0], arena)
        arithmetic = Arithmetic(builder, register)
        start = broadcast(builder, bias, ir.VectorType(FLOAT, register))

        def body(part: Any, row: Any, column: Any) -> None:
            lanes = builder.mul(part, INT64(register))
            tile = builder.add(builder.mul(row, columns), column)
            source = builder.add(m, builder.add(builder.mul(tile, INT64(LANES)), lanes))
            values = [
                [
                    load_lanes(
                        builder, data,
                        builder.add(source, builder.mul(m_point, INT64(i * SIZE + j))),
                        register,
                    )
                    for j in range(SIZE)
                ]
                for i in range(SIZE)
            ]  # fmt: skip
            top = builder.mul(builder.add(first, row), INT64(step))
            left = builder.mul(column, INT64(step))
            for i, line in enumerate(arithmetic.square(at, values)):
                for j, value in enumerate(line):
                    places = builder.add(top, INT64(i)), builder.add(left, INT64(j))
                    index = builder.add(builder.mul(places[0], INT64(tiles.width)), places[1])
                    to = builder.add(y, builder.add(builder.mul(index, INT64(LANES)), lanes))
                    on_map = [
                        builder.icmp_signed("<", place, INT64(size))
                        for place, size in zip(places, (tiles.height, tiles.width), strict=True)
                        if size % step
                    ]
                    total = builder.fadd(value, start)
                    if not on_map:
                        store_lanes(builder, total, data, to)
                        continue
                    condition = on_map[0] if len(on_map) == 1 else builder.and_(*on_map)
                    with builder.if_then(condition):
                        store_lanes(builder, total, data, to)

        _over_tiles(builder, rows, columns, LANES // register, body)
        return context.get_dummy_value()

    @intrinsic
    def transform(
        typing_context: Any, arena: Any, m: Any, m_point: Any, bias: Any, y: Any, first: Any,
        rows: Any,
    ) -> Any:  # fmt: skip
        i = types.int64
        return types.void(arena, i, i, types.float32, i, i, i), generate

    return transform


def _over_tiles(builder: ir.IRBuilder, rows: Any, columns: Any, parts: int, body: Any) -> None:
    """`body(part, row, column)` for all tiles and parts of a block's lanes."""

    def for_row(row: Any, _: list[Any]) -> list[Any]:
        def for_column(column: Any, _: list[Any]) -> list[Any]:
            def for_part(part: Any, _: list[Any]) -> list[Any]:
                body(part, row, column)
                return []

            return loop(builder, INT64(parts), [], for_part)

        return loop(builder, columns, [], for_column)

    loop(builder, rows, [], for_row)


@described
def transform_weights(kernel: int, count: int, beside: bool) -> Any:
    """An intrinsic `(w, w0, w_next, w_row, w_tap, u, u0, u_point)` for `count` kernels.

    u[point] = G g Gt as vectors of `count` floats, points u_point floats apart. The kernels are
    w_next floats apart, or one if they lie `beside` each other; their rows and columns w_row and
    w_tap, which may be negative.
    """
    _, g, _ = matrices(kernel)
    kind = ir.VectorType(FLOAT, count)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        w, w0, w_next, w_row, w_tap, u, u0, u_point = args
        w = data_pointer(context, builder, sig.args[0], w)
        u = data_pointer(context, builder, sig.args[5], u)

        def load(offset: Any) -> Any:
            if beside:
                return load_lanes(builder, w, offset, count, aligned=False)
            vector = ir.Constant(kind, ir.Undefined)
            for k in range(count):
                at = builder.gep(w, [builder.add(offset, builder.mul(w_next, INT64(k)))])
                vector = builder.insert_element(vector, builder.load(at, align=4), INT32(k))
            return vector

        values = []
        for i in range(kernel):
            row = builder.add(w0, builder.mul(w_row, INT64(i)))
            values.append(
                [load(builder.add(row, builder.mul(w_tap, INT64(j)))) for j in range(kernel)]
            )
        square = Arithmetic(builder, count).square(g, values)
        for k, value in enumerate(value for line in square for value in line):
            to = builder.add(u0, builder.mul(u_point, INT64(k)))
            store_lanes(builder, value, u, to, aligned=False)
        return context.get_dummy_value()

    @intrinsic
    def transform(
        typing_context: Any, w: Any, w0: Any, w_next: Any, w_row: Any, w_tap: Any, u: Any, u0: Any,
        u_point: Any,
    ) -> Any:  # fmt: skip
        i = types.int64
        return types.void(w, i, i, i, i, u, i, i), generate

    return transform


@described
def transform_products(kernel: int, count: int) -> Any:
    """An intrinsic `(u, u0, u_point, g, g0, g_row, g_tap)` for `count` kernels side by side.

    g = Gt u G, the gradients of the kernels, from those of their points, u_point floats apart.
    """
    _, g_matrix, _ = matrices(kernel)
    back = tuple(zip(*g_matrix, strict=True))

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        u, u0, u_point, g, g0, g_row, g_tap = args
        u = data_pointer(context, builder, sig.args[0], u)
        g = data_pointer(context, builder, sig.args[3], g)
        places = [builder.add(u0, builder.mul(u_point, INT64(k))) for k in range(SIZE * SIZE)]
        points = [load_lanes(builder, u, place, count, aligned=False) for place in places]
        values = [points[k : k + SIZE] for k in range(0, SIZE * SIZE, SIZE)]
        for i, line in enumerate(Arithmetic(builder, count).square(back, values)):
            row = builder.add(g0, builder.mul(g_row, INT64(i)))
            for j, value in enumerate(line):
                to = builder.add(row, builder.mul(g_tap, INT64(j)))
                store_lanes(builder, value, g, to, aligned=False)
        return context.get_dummy_value()

    @intrinsic
    def transform(
        typing_context: Any, u: Any, u0: Any, u_point: Any, g: Any, g0: Any, g_row: Any, g_tap: Any
    ) -> Any:
        i = types.int64
        return types.void(u, i, i, g, i, i, i), generate

    return transform
