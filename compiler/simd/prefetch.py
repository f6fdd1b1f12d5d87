"""To have what is needed soon on its way from memory."""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from lenet.compiler.simd.lanes import INT32, INT64, LANES, data_pointer
from lenet.compiler.simd.loops import Carried, loop

_INTO_SECOND_LEVEL = 2  # of caches; LLVM's words for it


def ask_for(builder: ir.IRBuilder, pointer: Any) -> None:
    """To have the cache line there soon; there may be none."""
    pointer = builder.bitcast(pointer, ir.IntType(8).as_pointer())
    kind = ir.FunctionType(ir.VoidType(), [pointer.type, INT32, INT32, INT32])
    ask = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    read, data_cache = INT32(0), INT32(1)
    builder.call(ask, [pointer, read, INT32(_INTO_SECOND_LEVEL), data_cache])


@intrinsic
def prefetch(typing_context: Any, array: Any, offset: Any, floats: Any) -> Any:
    """Asks for some floats at `offset`, a cache line at a time; they may lie behind the end."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        data = data_pointer(context, builder, sig.args[0], args[0])

        def body(line: Any, carried: Carried) -> Carried:
            place = builder.add(args[1], builder.mul(line, INT64(LANES)))
            ask_for(builder, builder.gep(data, [place]))
            return carried

        loop(builder, builder.sdiv(args[2], INT64(LANES)), [], body)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64), generate
