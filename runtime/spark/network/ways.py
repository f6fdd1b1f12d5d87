"""Who sends what to whom in an all-reduce, by the number of workers and the bytes.

A message costs processor time, however short it is, and with many workers a message to each of them
is most of the time. So they may stand in groups of one size, in rows of a table as it were: first
those of a row add up, then those of a column. (R. Thakur, R. Rabenseifner, W. Gropp: "Optimization
of Collective Communication Operations in MPICH", 2005, compare such ways.) Sums are of whole
numbers, so that the way makes no difference to them.
"""

from dataclasses import dataclass
from functools import lru_cache

SHORT = 2**16  # bytes that go to everybody at once
_MANY = 6  # workers that are worth groups
# About what all-reduces were measured to take, and of a network of 10 Gb/s: docs/scaling.md.
ROUND, PEER, BYTE = 50e-6, 50e-6, 0.8e-9  # seconds


@dataclass(frozen=True)
class Way:
    """Of `size` workers in groups of `group`; all in one, if that is the size. With `cut`, each of
    a group sums a part of the array for the others of its group, and with `cut_across`, of that
    part one for its like in the other groups."""

    size: int
    group: int
    cut: bool
    cut_across: bool = False

    @property
    def groups(self) -> int:
        """How many there are."""
        return self.size // self.group

    def cost(self, count: int) -> tuple[int, int, float]:
        """Rounds one after the other, messages and bytes that a worker sends for an array of so
        many bytes."""
        rounds, messages, sent = _among(self.group, count, self.cut)
        own = count / self.group if self.cut else count
        across = _among(self.groups, own, self.cut_across)
        return rounds + across[0], messages + across[1], sent + across[2]

    def seconds(self, count: int) -> float:
        """As a model tells them."""
        rounds, messages, sent = self.cost(count)
        return rounds * ROUND + messages * PEER + sent * BYTE


def _among(size: int, count: float, cut: bool) -> tuple[int, int, float]:
    if size == 1:
        return 0, 0, 0.0
    if not cut:
        return 1, size - 1, count * (size - 1)
    return 2, 2 * (size - 1), 2 * count * (size - 1) / size


@lru_cache(1024)
def way_of(size: int, count: int) -> Way:
    """The quickest one for `count` bytes."""
    best = Way(size, size, size > 2 and count > SHORT)
    for group in range(2, size // 2 + 1):
        if size < _MANY or size % group:
            continue
        for cut, across in ((False, False), (True, False), (True, True)):
            other = Way(size, group, cut, across)
            if other.seconds(count) < best.seconds(count):
                best = other
    return best
