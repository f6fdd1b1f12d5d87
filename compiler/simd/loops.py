"""Loops in LLVM IR."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir

from lenet.compiler.simd.lanes import INT64, LANES

Carried = list[Any]


def loop(
    builder: ir.IRBuilder,
    count: Any,
    carried: Carried,
    body: Callable[[Any, Carried], Carried],
    fills_registers: bool = False,
) -> Carried:
    """`for index in range(count)` with values carried from turn to turn; returns the last.

    LLVM unrolls short loops. Where one turn `fills_registers`, it is told not to: it would take
    some more for what two turns have in common, and keep sums in memory.
    """
    before = builder.block
    head = builder.append_basic_block("loop.head")
    inside = builder.append_basic_block("loop.body")
    after = builder.append_basic_block("loop.end")
    builder.branch(head)
    builder.position_at_end(head)
    index = builder.phi(INT64)
    values = [builder.phi(value.type) for value in carried]
    builder.cbranch(builder.icmp_signed("<", index, count), inside, after)
    builder.position_at_end(inside)
    new_values = body(index, list(values))
    new_index = builder.add(index, INT64(1))
    last = builder.block
    back = builder.branch(head)
    if fills_registers:
        back.set_metadata("llvm.loop", _not_unrolled(builder.module))
    index.add_incoming(INT64(0), before)
    index.add_incoming(new_index, last)
    for phi, old, new in zip(values, carried, new_values, strict=True):
        phi.add_incoming(old, before)
        phi.add_incoming(new, last)
    builder.position_at_end(after)
    return list(values)


def repeat(builder: ir.IRBuilder, count: Any, body: Callable[[Any], None]) -> None:
    """`for index in range(count)` that carries nothing."""

    def carrying(index: Any, carried: Carried) -> Carried:
        body(index)
        return carried

    loop(builder, count, [], carrying)


def for_parts(builder: ir.IRBuilder, width: int, body: Callable[[Any], None]) -> None:
    """`body(part)` for every part of a block's sixteen lanes, of so many of them."""
    if width == LANES:
        body(INT64(0))
    else:
        repeat(builder, INT64(LANES // width), body)


def _not_unrolled(module: ir.Module) -> Any:
    """What marks a loop that is not to be unrolled; it has to name itself first."""
    disable = module.add_metadata([ir.MetaDataString(module, "llvm.loop.unroll.disable")])
    mark = ir.MDValue(module, [disable], str(len(module.metadata)))
    mark.operands = (mark, disable)
    return mark
