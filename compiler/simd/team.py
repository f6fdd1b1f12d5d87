"""Threads that share the work on a single image, step by step, and that wait for each other."""

import platform
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from lenet.compiler.simd.clock import clock
from lenet.compiler.simd.kernel import Entry, linked
from lenet.compiler.simd.lanes import INT32, data_pointer

_SPINS = 2000  # looks at what the others do before they may have the processor: about a microsecond
_PAUSES = {  # what tells a processor that a thread only waits
    "x86_64": ("llvm.x86.sse2.pause", ()),
    "aarch64": ("llvm.aarch64.hint", (1,)),
    "arm64": ("llvm.aarch64.hint", (1,)),
}
# A thread that is given something to do lets Python's lock be for so many nanoseconds: who gives it
# has the lock until it has something to do as well, and to wait for a lock takes ten times as long.
_COURTESY = 10_000


@intrinsic
def _add(typing_context: Any, array: Any, place: Any, value: Any) -> Any:
    """What was there, before `value` is added; all threads agree on the order."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        data = data_pointer(context, builder, sig.args[0], args[0])
        return builder.atomic_rmw("add", builder.gep(data, [args[1]]), args[2], "seq_cst")

    return types.int64(array, types.int64, types.int64), generate


@intrinsic
def _seen(typing_context: Any, array: Any, place: Any) -> Any:
    """What is there now, whoever wrote it, with all that was written before."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        data = data_pointer(context, builder, sig.args[0], args[0])
        return builder.load_atomic(builder.gep(data, [args[1]]), "acquire", 8)

    return types.int64(array, types.int64), generate


@intrinsic
def _give_way(typing_context: Any) -> Any:
    """Lets others have the processor (POSIX sched_yield)."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        kind = ir.FunctionType(INT32, [])
        builder.call(cgutils.get_or_insert_function(builder.module, kind, "sched_yield"), [])
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def _pause(typing_context: Any) -> Any:
    """Leaves the processor's units to others, for some cycles."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        if platform.machine() in _PAUSES:
            name, numbers = _PAUSES[platform.machine()]
            kind = ir.FunctionType(ir.VoidType(), [INT32] * len(numbers))
            function = cgutils.get_or_insert_function(builder.module, kind, name)
            builder.call(function, [INT32(number) for number in numbers])
        return context.get_dummy_value()

    return types.void(), generate


@linked
def _wait():
    """For a moment, in which others may have the processor."""
    _pause()
    _give_way()


@Entry
def finish_turn(turns, worker, patience):
    """A worker has done what it was given, and waits for more: so many nanoseconds at most.

    `turns` are, for each worker, how often it was given something, and how often it has been done
    with it, eight numbers apart.
    """
    done = _add(turns, 16 * worker + 8, 1) + 1
    end = clock() + patience
    while _seen(turns, 16 * worker) == done:
        _wait()
        if clock() > end:
            return
    end = clock() + _COURTESY
    while clock() < end:
        _pause()


@Entry
def await_turns(turns, workers, patience):
    """Wait until the first workers are done, so many nanoseconds at most."""
    end = clock() + patience
    for worker in range(workers):
        while _seen(turns, 16 * worker + 8) < _seen(turns, 16 * worker):
            _wait()
            if clock() > end:
                return


@linked
def share(turns, step, units, threads):
    """The next unit of a step's work that nobody has taken; -1 when `threads` threads have done
    all of it. `turns` are two numbers a step, which are 0 at first."""
    unit = _add(turns, 2 * step, 1)
    if unit < units:
        return unit
    if threads > 1:
        _add(turns, 2 * step + 1, 1)
        looks = 0
        while _seen(turns, 2 * step + 1) < threads:
            looks += 1
            if looks > _SPINS:
                _give_way()
    return -1
