"""Loops in LLVM IR."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir

from compiler.simd.vector import INT64

Carried = list[Any]


def loop(
    builder: ir.IRBuilder,
    count: Any,
    carried: Carried,
    body: Callable[[Any, Carried], Carried],
) -> Carried:
    """`for index in range(count)` with values carried from turn to turn; returns the last."""
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
    builder.branch(head)
    index.add_incoming(INT64(0), before)
    index.add_incoming(new_index, last)
    for phi, old, new in zip(values, carried, new_values, strict=True):
        phi.add_incoming(old, before)
        phi.add_incoming(new, last)
    builder.position_at_end(after)
    return list(values)
