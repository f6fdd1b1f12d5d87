"""The most that this machine's cores can do: fused multiply-adds on registers and nothing else."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit
from numba.core import types
from numba.extending import intrinsic

from lenet.compiler.simd.lanes import (
    INT64,
    LANES,
    constant,
    data_pointer,
    fused_multiply_add,
    load_lanes,
    store_lanes,
)
from lenet.compiler.simd.loops import loop
from lenet.compiler.target import host

_SUMS = 12  # enough to hide the latency, and they fit
_TURNS = 4_000_000
_TRIES = 5


@intrinsic
def _multiply_add(typing_context: Any, values: Any, turns: Any) -> Any:
    """Independent sums, each `turns` times s = s * a + a, left in values."""
    width = host().width

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        data = data_pointer(context, builder, sig.args[0], args[0])
        factor = load_lanes(builder, data, INT64(0), width)
        start = [constant(float(k), width) for k in range(_SUMS)]
        sums = loop(
            builder,
            args[1],
            start,
            lambda _, sums: [fused_multiply_add(builder, s, factor, factor) for s in sums],
        )
        for k, value in enumerate(sums):
            store_lanes(builder, value, data, ir.Constant(INT64, LANES * (k + 1)))
        return context.get_dummy_value()

    return types.void(values, types.int64), generate


@njit("void(float32[::1], int64)", nogil=True)
def _work(values: Any, turns: Any) -> None:
    _multiply_add(values, turns)


def measure_peak(cores: int) -> float:
    """Floating-point operations a second of so many cores together, the best of a few tries."""
    space = np.zeros((cores, 2 * LANES * (_SUMS + 1)), np.float32)
    arrays = []
    for line in space:
        start = -line.ctypes.data % (4 * LANES) // 4
        arrays.append(line[start : start + LANES * (_SUMS + 1)])
        arrays[-1][:LANES] = np.float32(0.5)
    best = 0.0
    with ThreadPoolExecutor(cores) as pool:
        for _ in range(_TRIES):
            started = time.perf_counter()
            list(pool.map(_work, arrays, [_TURNS] * cores))
            seconds = time.perf_counter() - started
            best = max(best, cores * _TURNS * _SUMS * host().width * 2 / seconds)
    return best
