"""The processor that kernels are written for, and the register tiles that fit it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

LANES = 16
BLOCKS = 4  # blocks of sixteen images that layers after the last convolution take together
_LATENCY = 6  # multiply-adds that must be under way at once to keep the units busy
_LOAD = 0.25  # what a load costs beside a multiply-add, where both fit

Bounds = tuple[float, float | None]  # the lower one, and the upper one if there is one
Way = Literal["vnni", "pairs", "plain"]  # to sum products of bytes: compiler/simd/dot.py has them


@dataclass(frozen=True)
class Target:
    """`registers` vectors of `width` floats; `width` divides the sixteen lanes of a block. `dot` is
    how products of bytes are summed."""

    name: str
    registers: int
    width: int
    dot: Way = "plain"

    @property
    def parts(self) -> int:
        """Registers for one vector of sixteen lanes."""
        return LANES // self.width

    def tile(self, outputs: int, columns: int, step: int = 1) -> tuple[int, int]:
        """Most output channels and columns of a tile of a correlation.

        The sums, an input row and a weight fit into the registers, and the tiles that cover
        `outputs` x `columns` cost least; columns are a multiple of `step` where they can be.
        """
        best, choice = float("inf"), (1, 1)
        for wide in range(1, min(columns, 8) + 1):
            if step > 1 and wide % step and wide != columns:
                continue
            for high in range(1, min(outputs, 8) + 1):
                if high * wide + wide + 1 > self.registers:
                    break
                cost = sum(
                    o_count * c_count * (max(o * c, _LATENCY) + _LOAD * (o + c))
                    for _, o, o_count in split(outputs, high)
                    for _, c, c_count in split(columns, wide)
                )
                if cost < best:
                    best, choice = cost, (high, wide)
        return choice

    def places(self, vectors: int) -> int:
        """Most places of a tile of one image's channels, of so many vectors each."""
        return min(14, (self.registers - 1 - vectors) // vectors)

    def rights(self, lefts: int) -> int:
        """Most right factors of an outer product with so many left ones."""
        return max(1, min(8, (self.registers - 1) // (lefts + 1)))

    def is_full(self, lefts: int, rights: int) -> bool:
        """Whether the sums of an outer product leave no registers for two places at a time."""
        return lefts * rights + rights + 4 > self.registers

    @property
    def chooses_lanes(self) -> bool:
        """Whether a choice lane by lane costs no more than a multiply-add: by mask registers."""
        return self.width == LANES

    def weights(self, window_rows: int) -> int:
        """Most sums of a tile of a pooled gradient: beside an input, a choice and the slopes."""
        return self.registers - window_rows - 2

    @property
    def lefts(self) -> int:
        """Most left factors of an outer product."""
        return 7 if self.registers >= 32 else 6

    @property
    def product(self) -> tuple[int, int]:
        """Left factors and vectors of right factors of a matrix product."""
        return (8, 3) if self.registers >= 32 else (6, 2)


@cache
def host() -> Target:
    """The machine this runs on."""
    from llvmlite import binding

    name, features = binding.get_host_cpu_name(), binding.get_host_cpu_features()
    if features.get("avx512f"):
        return Target(name, 32, 16, _way(features, "avx512vnni", "avx512bw"))
    if features.get("avx"):
        return Target(name, 16, 8, _way(features, "avxvnni", "avx2"))
    if features.get("neon"):
        return Target(name, 32, 4)
    return Target(name, 16, 4, _way(features, "", "sse2"))


def _way(features: Mapping[str, bool], vnni: str, pairs: str) -> Way:
    """The quickest one, where each needs a feature of the processor."""
    if features.get(vnni):
        return "vnni"
    return "pairs" if features.get(pairs) else "plain"


def split(count: int, most: int) -> list[tuple[int, int, int]]:
    """`count` things in parts of at most `most`: runs of (start, part size, parts).

    All parts are equal where that does not make them much smaller, since each size is a tile
    of its own to compile; otherwise sizes differ by one.
    """
    for size in range(min(count, most), 2 * most // 3 - 1, -1):
        if size and count % size == 0:
            return [(0, size, count // size)]
    parts = -(-count // most)
    small, larger = divmod(count, parts)
    runs = []
    if larger:
        runs.append((0, small + 1, larger))
    if parts - larger:
        runs.append((larger * (small + 1), small, parts - larger))
    return runs
