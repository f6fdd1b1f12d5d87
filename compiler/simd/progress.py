"""What other threads may know of a slice while it is trained."""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from lenet.compiler.simd.kernel import linked
from lenet.compiler.simd.lanes import DOUBLE, INT32, INT64, data_pointer

BYTE = ir.IntType(8)


@intrinsic
def _publish(typing_context: Any, array: Any, place: Any, value: Any) -> Any:
    """A float64 that, once another thread reads it, comes behind all that was written before."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        data = data_pointer(context, builder, sig.args[0], args[0])
        number = builder.bitcast(builder.sitofp(args[2], DOUBLE), INT64)
        place = builder.bitcast(builder.gep(data, [args[1]]), INT64.as_pointer())
        builder.store_atomic(number, place, "release", 8)
        return context.get_dummy_value()

    return types.none(array, types.int64, types.int64), generate


@intrinsic
def _wake(typing_context: Any, file: Any) -> Any:
    """Whoever waits for a file, such as a pipe (POSIX write)."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        byte = cgutils.alloca_once_value(builder, BYTE(0))
        kind = ir.FunctionType(INT64, [INT32, BYTE.as_pointer(), INT64])
        write = cgutils.get_or_insert_function(builder.module, kind, "write")
        builder.call(write, [builder.trunc(args[0], INT32), byte, INT64(1)])
        return context.get_dummy_value()

    return types.none(types.int64), generate


@linked
def tell(totals, mark, beyond):
    """Gradients are complete if no image is still to come: if `beyond` is not less than 0."""
    if beyond >= 0:
        _publish(totals, 2, mark)
        if totals[3] > 0:
            _wake(int(totals[3]) - 1)
