"""Winograd's transforms of weights and of their gradients, in LLVM IR: see winograd.py."""

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from lenet.compiler.simd.content import described
from lenet.compiler.simd.lanes import (
    FLOAT,
    INT32,
    INT64,
    data_pointer,
    load_lanes,
    store_lanes,
)
from lenet.compiler.simd.products.sizes import WINOGRAD as SIZE
from lenet.compiler.simd.products.winograd_matrices import Arithmetic, matrices


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
