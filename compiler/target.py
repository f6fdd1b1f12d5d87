"""The processor that kernels are written for, and the register tiles that fit it."""

from dataclasses import dataclass
from functools import cache

LANES = 16
BLOCKS = 4  # blocks of sixteen images that layers after the last convolution take together


@dataclass(frozen=True)
class Target:
    """`registers` counts vectors of sixteen floats that fit into the register file."""

    name: str
    registers: int

    def outputs(self, columns: int) -> int:
        """Most output channels of a tile with so many columns: sums, one input row, a weight."""
        return max(1, min(8, (self.registers - 1 - columns) // columns))

    @property
    def columns(self) -> int:
        return 4 if self.registers >= 16 else 2

    def rights(self, lefts: int) -> int:
        """Most right factors of an outer product with so many left ones."""
        return max(1, min(8, (self.registers - 1) // (lefts + 1)))


@cache
def host() -> Target:
    """The machine this runs on."""
    from llvmlite import binding

    name, features = binding.get_host_cpu_name(), binding.get_host_cpu_features()
    if features.get("avx512f"):
        return Target(name, 32)
    return Target(name, 8)  # AVX2: sixteen registers of half a vector; NEON: 32 of a quarter


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
