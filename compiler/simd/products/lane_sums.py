"""Sums that tiles of gradients keep for each lane, and where those of all lanes go."""

from typing import Any

from llvmlite import ir

from lenet.compiler.simd.lanes import FLOAT, INT64, sum_of_lanes
from lenet.compiler.simd.loops import Carried
from lenet.compiler.simd.products.product import put_runs


def put_sums(
    builder: ir.IRBuilder, sums: Carried, width: int, rights: int, g: Any, places: list[Any],
    before: Any,
) -> None:  # fmt: skip
    """Add the sums over the lanes of [left][right] vectors to the floats of g that begin, for each
    left, at its place, or store them where `before` is 0."""
    # Of registers that are narrower than there are rights, several lie side by side.
    wide = min(width, rights)
    parts_of_lefts = [
        (left, first, min(wide, rights - first))
        for left in range(len(places))
        for first in range(0, rights, wide)
    ]
    runs, per_group = [], width // wide
    for begin in range(0, len(parts_of_lefts), per_group):
        group = parts_of_lefts[begin : begin + per_group]
        members = [
            sums[left * rights + first + r] for left, first, size in group for r in range(size)
        ]
        totals, place = sum_of_lanes(builder, members, width), 0
        for left, first, size in group:
            runs.append((totals, place, size, builder.add(places[left], INT64(first))))
            place += size
    put_runs(builder, runs, g, before)


class Kept:
    """Memory for `slots` times `count` vectors."""

    def __init__(self, builder: ir.IRBuilder, width: int, slots: int, count: int) -> None:
        self.builder, self.count = builder, count
        kind = ir.VectorType(FLOAT, width)
        with builder.goto_entry_block():
            space = builder.alloca(ir.ArrayType(kind, slots * count))
        self.space = builder.bitcast(space, kind.as_pointer())

    def _places(self, slot: Any) -> list[Any]:
        first = self.builder.mul(slot, INT64(self.count))
        places = [self.builder.add(first, INT64(k)) for k in range(self.count)]
        return [self.builder.gep(self.space, [place]) for place in places]

    def store(self, slot: Any, values: Carried) -> None:
        for value, place in zip(values, self._places(slot), strict=True):
            self.builder.store(value, place)

    def load(self, slot: Any) -> Carried:
        return [self.builder.load(place) for place in self._places(slot)]

    def folded(self, first: Any, slots: int) -> Carried:
        """The sums of some slots, folded half onto half, as one wide register would be."""
        rows = [self.load(self.builder.add(first, INT64(k))) for k in range(slots)]
        while len(rows) > 1:
            half = len(rows) // 2
            rows = [
                [self.builder.fadd(a, b) for a, b in zip(rows[k], rows[k + half], strict=True)]
                for k in range(half)
            ]
        return rows[0]
