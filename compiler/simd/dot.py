"""Sums of four products of bytes, added to 32-bit lanes: exact, and so the same on all processors.

How a processor computes them is `way`:

- "vnni": one instruction, vpdpbusd, of AVX-512 VNNI or AVX-VNNI;
- "pairs": pmaddwd of SSE2, AVX2 or AVX-512BW, which sums two products of 16-bit numbers (its
  counterpart for bytes, pmaddubsw, saturates, and so is not exact);
- "plain": multiplications of 32-bit numbers.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils

from lenet.compiler.simd.lanes import INT32
from lenet.compiler.target import Way

_PAIRS = {16: "avx512.pmaddw.d.512", 8: "avx2.pmadd.wd", 4: "sse2.pmadd.wd"}


def dot(builder: ir.IRBuilder, way: Way, values: Any, weights: Any, sums: Any) -> Any:
    """sums + the four products of each lane: `values` are words of unsigned bytes, `weights` of
    signed ones; all three vectors of as many 32-bit integers."""
    if way == "vnni":
        return _by_one_instruction(builder, values, weights, sums)
    if way == "pairs":
        return _by_pairs(builder, values, weights, sums)
    for k in range(4):
        up = _constant(values, 24 - 8 * k)
        value = builder.and_(builder.lshr(values, _constant(values, 8 * k)), _constant(values, 255))
        weight = builder.ashr(builder.shl(weights, up), _constant(values, 24))
        sums = builder.add(sums, builder.mul(value, weight))
    return sums


def _constant(like: Any, value: int) -> ir.Constant:
    return ir.Constant(like.type, [value] * like.type.count)


def _called(builder: ir.IRBuilder, name: str, result: Any, *arguments: Any) -> Any:
    kind = ir.FunctionType(result, [a.type for a in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


def _by_one_instruction(builder: ir.IRBuilder, values: Any, weights: Any, sums: Any) -> Any:
    lanes = sums.type.count
    kind = ir.VectorType(ir.IntType(8), 4 * lanes)
    parts = (builder.bitcast(part, kind) for part in (values, weights))
    return _called(builder, f"llvm.x86.avx512.vpdpbusd.{32 * lanes}", sums.type, sums, *parts)


def _by_pairs(builder: ir.IRBuilder, values: Any, weights: Any, sums: Any) -> Any:
    """Bytes 0 and 2, then 1 and 3, as 16-bit numbers."""
    lanes = sums.type.count
    kind = ir.VectorType(ir.IntType(16), 2 * lanes)
    low, eight = ir.Constant(kind, [255] * 2 * lanes), ir.Constant(kind, [8] * 2 * lanes)
    value, weight = builder.bitcast(values, kind), builder.bitcast(weights, kind)
    pairs = (
        (builder.and_(value, low), builder.ashr(builder.shl(weight, eight), eight)),
        (builder.lshr(value, eight), builder.ashr(weight, eight)),
    )
    for left, right in pairs:
        name = f"llvm.x86.{_PAIRS[lanes]}"
        sums = builder.add(sums, _called(builder, name, sums.type, left, right))
    return sums


def words(builder: ir.IRBuilder, floats: Any) -> Any:
    """A vector of floats read as integers."""
    return builder.bitcast(floats, ir.VectorType(INT32, floats.type.count))
