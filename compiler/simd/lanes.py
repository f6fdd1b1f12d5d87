"""A numba type for sixteen float32 lanes, one image a lane, and what code for them is built of.

LLVM maps `<16 x float>` to one AVX-512 register, two AVX2 registers or four NEON registers. The
operations on it that kernels call are in vector.py; what is here writes LLVM IR, for these and for
the tiles.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import models, register_model

LANES = 16

FLOAT = ir.FloatType()
INT32 = ir.IntType(32)
INT64 = ir.IntType(64)
DOUBLE = ir.DoubleType()
FLOATS = ir.VectorType(FLOAT, LANES)
INTS = ir.VectorType(INT32, LANES)
BYTES = ir.VectorType(ir.IntType(8), LANES)


class Lanes(types.Type):  # type: ignore[misc]
    """numba's type of sixteen lanes, of float32 or of uint32."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


f32x16 = Lanes("f32x16")
u32x16 = Lanes("u32x16")
_LLVM_TYPES = {"f32x16": FLOATS, "u32x16": INTS}


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, lanes: Lanes) -> None:
        super().__init__(manager, lanes, _LLVM_TYPES[lanes.name])


def constant(value: float, width: int = LANES) -> ir.Constant:
    """A vector of `width` equal float32."""
    return ir.Constant(ir.VectorType(FLOAT, width), [value] * width)


def constant_int(value: int) -> ir.Constant:
    """Sixteen lanes of the value's lowest 32 bits."""
    return ir.Constant(INTS, [value & 0xFFFFFFFF] * LANES)


def data_pointer(context: Any, builder: ir.IRBuilder, array_type: Any, array: Any) -> Any:
    """Pointer to a numba array's first element."""
    return context.data_model_manager[array_type].get(builder, array, "data")


def load_lanes(
    builder: ir.IRBuilder, data: Any, offset: Any, width: int = LANES, aligned: bool = True
) -> Any:
    """`width` floats; an aligned offset is a multiple of it."""
    kind = ir.VectorType(FLOAT, width).as_pointer()
    pointer = builder.bitcast(builder.gep(data, [offset]), kind)
    return builder.load(pointer, align=4 * width if aligned else 4)


def store_lanes(
    builder: ir.IRBuilder,
    value: Any,
    data: Any,
    offset: Any,
    aligned: bool = True,
    past: bool = False,
) -> None:
    """A vector of floats to `offset`; an aligned one is a multiple of its width. `past` the caches
    go whole lines that are not read soon: they need not be fetched to be written."""
    pointer = builder.bitcast(builder.gep(data, [offset]), value.type.as_pointer())
    stored = builder.store(value, pointer, align=4 * value.type.count if aligned else 4)
    if past:
        stored.set_metadata("nontemporal", builder.module.add_metadata([INT32(1)]))


def broadcast(builder: ir.IRBuilder, scalar: Any, lanes: ir.VectorType = FLOATS) -> Any:
    """A vector of the type `lanes`, with the scalar in each."""
    vector = builder.insert_element(ir.Constant(lanes, ir.Undefined), scalar, INT32(0))
    zeros = ir.Constant(ir.VectorType(INT32, lanes.count), [0] * lanes.count)
    return builder.shuffle_vector(vector, ir.Constant(lanes, ir.Undefined), zeros)


def call(builder: ir.IRBuilder, name: str, *arguments: Any) -> Any:
    """Call an LLVM intrinsic by its mangled name; llvmlite's own declarations know no vectors."""
    kind = ir.FunctionType(arguments[0].type, [a.type for a in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


def fused_multiply_add(builder: ir.IRBuilder, a: Any, b: Any, c: Any) -> Any:
    """a * b + c, rounded once: vectors of float32 or float64."""
    size = 32 if a.type.element == FLOAT else 64
    return call(builder, f"llvm.fma.v{a.type.count}f{size}", a, b, c)


def square_root(builder: ir.IRBuilder, values: Any) -> Any:
    """Of each lane of a vector of float32."""
    return call(builder, f"llvm.sqrt.v{values.type.count}f32", values)


def sum_of_lanes(builder: ir.IRBuilder, vectors: list[Any], width: int = LANES) -> Any:
    """One vector whose lane k is the sum of the lanes of vectors[k], of at most `width` vectors.

    A tree of shuffles: each level folds every vector onto its other half beside another
    vector, so that 16 sums cost 15 additions and their order is fixed.
    """
    level = vectors + [constant(0.0, width)] * (width - len(vectors))
    half = width // 2
    while half:
        low = [lane for lane in range(width) if not lane & half]
        high = [lane for lane in range(width) if lane & half]
        kind = ir.VectorType(INT32, width)
        first = ir.Constant(kind, _merge(low, half, width))
        second = ir.Constant(kind, _merge(high, half, width))
        count = len(level) // 2
        level = [
            builder.fadd(
                builder.shuffle_vector(level[k], level[k + count], first),
                builder.shuffle_vector(level[k], level[k + count], second),
            )
            for k in range(count)
        ]
        half //= 2
    return level[0]


def _merge(lanes: list[int], half: int, width: int) -> list[int]:
    """Runs of `half` lanes, alternately of the first and the second operand."""
    merged: list[int] = []
    for start in range(0, len(lanes), half):
        run = lanes[start : start + half]
        merged += run + [width + lane for lane in run]
    return merged
