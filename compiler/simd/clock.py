"""A clock for compiled code, to measure kernels where they run."""

import time
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from lenet.compiler.simd.kernel import linked
from lenet.compiler.simd.lanes import INT32, INT64


@intrinsic
def clock(typing_context: Any) -> Any:
    """Nanoseconds of the system's monotonic clock (POSIX clock_gettime)."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        with builder.goto_entry_block():
            now = builder.alloca(ir.ArrayType(INT64, 2))
        parts = builder.bitcast(now, INT64.as_pointer())
        kind = ir.FunctionType(INT32, [INT32, INT64.as_pointer()])
        function = cgutils.get_or_insert_function(builder.module, kind, "clock_gettime")
        builder.call(function, [INT32(time.CLOCK_MONOTONIC), parts])
        seconds = builder.load(parts)
        rest = builder.load(builder.gep(parts, [INT64(1)]))
        return builder.add(builder.mul(seconds, INT64(10**9)), rest)

    return types.int64(), generate


@linked
def probe(times, number, before):
    """Adds the time since `before` to times[number], and returns the time it is now."""
    now = clock()
    times[number] += now - before
    return now
