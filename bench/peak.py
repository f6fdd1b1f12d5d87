"""The most that this machine's cores can do: fused multiply-adds on registers and nothing else."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit
from numba.core import types
from numba.extending import intrinsic

from compiler.simd.vector import (
    INT64,
    LANES,
    constant,
    data_pointer,
    fused_multiply_add,
    load_lanes,
    store_lanes,
)
from compiler.target import host
from runtime.arrays import aligned_floats
from runtime.cores import available_cores

SUMS = 12 if host().registers >= 32 else 5  # enough to hide the latency, and they fit
TURNS = 4_000_000
TRIES = 5


@intrinsic
def _multiply_add(typing_context: Any, values: Any, turns: Any) -> Any:
    """SUMS independent sums, each `turns` times s = s * a + b, left in values."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = data_pointer(context, builder, sig.args[0], args[0])
        factor = load_lanes(builder, data, INT64(0))
        before = builder.block
        inside = builder.append_basic_block("turn")
        after = builder.append_basic_block("end")
        builder.branch(inside)
        builder.position_at_end(inside)
        index = builder.phi(INT64)
        sums = [builder.phi(factor.type) for _ in range(SUMS)]
        new = [fused_multiply_add(builder, s, factor, factor) for s in sums]
        following = builder.add(index, INT64(1))
        index.add_incoming(INT64(0), before)
        index.add_incoming(following, inside)
        for k, (old, value) in enumerate(zip(sums, new, strict=True)):
            old.add_incoming(constant(float(k)), before)
            old.add_incoming(value, inside)
        builder.cbranch(builder.icmp_signed("<", following, args[1]), inside, after)
        builder.position_at_end(after)
        for k, value in enumerate(new):
            store_lanes(builder, value, data, ir.Constant(INT64, LANES * (k + 1)))
        return context.get_dummy_value()

    return types.void(values, types.int64), generate


@njit("void(float32[::1], int64)", nogil=True)
def _work(values: Any, turns: Any) -> None:
    _multiply_add(values, turns)


def measure_peak() -> float:
    """Floating-point operations a second of all cores together, the best of a few tries."""
    cores = available_cores()
    arrays = [aligned_floats(LANES * (SUMS + 1)) for _ in range(cores)]
    for values in arrays:
        values[:LANES] = np.float32(0.5)
    best = 0.0
    with ThreadPoolExecutor(cores) as pool:
        for _ in range(TRIES):
            started = time.perf_counter()
            list(pool.map(_work, arrays, [TURNS] * cores))
            seconds = time.perf_counter() - started
            best = max(best, cores * TURNS * SUMS * LANES * 2 / seconds)
    return best


if __name__ == "__main__":
    print(json.dumps({"peak": measure_peak()}))
