"""Which items users have seen, and items that they have not, by chance."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.simd.splitmix import FIRST, SECOND

Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Seen:
    """`items` of all users one after the other, each user's in their order, from `starts[user]` up
    to `starts[user + 1]`; there are `count` items."""

    starts: Whole
    items: Whole
    count: int

    @classmethod
    def of(cls, users: Whole, items: Whole, user_count: int, count: int) -> "Seen":
        """Pairs of numbers, in any order; what is there twice counts once."""
        keys = np.unique(users * count + items)
        starts = np.searchsorted(keys, np.arange(user_count + 1) * count)
        return cls(starts.astype(np.int64), keys % count, count)

    def of_user(self, user: int) -> Whole:
        """What a user has seen."""
        return self.items[self.starts[user] : self.starts[user + 1]]

    def unseen(self, users: Whole, bits: NDArray[np.uint64]) -> Whole:
        """An item for each user that he has not seen, all alike likely; `bits` are random."""
        sizes = self.starts[users + 1] - self.starts[users]
        left = np.maximum(1, self.count - sizes)
        rank = np.minimum((uniform(bits) * left).astype(np.int64), left - 1)
        # Of the unseen items the one with this rank has as many seen ones before it as there are
        # seen ones of which the unseen before them are not more.
        before = self._ranks
        here = np.searchsorted(before, users * (self.count + 1) + rank, side="right")
        found: Whole = np.minimum(rank + here - self.starts[users], self.count - 1)
        return found

    @cached_property
    def _ranks(self) -> Whole:
        """For each seen item, how many unseen ones come before it; behind the users before."""
        users = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        places = np.arange(len(self.items)) - self.starts[users]
        found: Whole = users * (self.count + 1) + self.items - places
        return found

    def as_dict(self) -> dict[str, Any]:
        """For the model's file."""
        return {"starts": self.starts.tolist(), "items": self.items.tolist(), "count": self.count}

    @classmethod
    def from_dict(cls, found: Any, users: int, items: int) -> "Seen":
        """ValueError where a file has something else."""
        known = found if isinstance(found, dict) else {}
        starts, own, count = (known.get(key) for key in ("starts", "items", "count"))
        whole = all(
            isinstance(values, list) and all(type(v) is int for v in values)
            for values in (starts, own)
        )
        if not whole or type(count) is not int or not 0 < count <= items:
            raise ValueError("what users have seen is not told as it should")
        first, seen = np.array(starts, np.int64), np.array(own, np.int64)
        sound = 1 <= len(first) <= users + 1 and first[0] == 0 and first[-1] == len(seen)
        sound = sound and bool((np.diff(first) >= 0).all())
        if not sound or (len(seen) and not (seen.min() >= 0 and seen.max() < count)):
            raise ValueError("what users have seen is not told as it should")
        return cls(first, seen, count)


def uniform(bits: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Hashes of them as numbers from 0 to below 1."""
    mixed = (bits ^ (bits >> np.uint64(30))) * FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * SECOND
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53
