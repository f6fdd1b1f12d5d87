"""What the slices of a worker give to each batch, decoded before it is due if need be."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lenet.runtime.machine.ahead import Ahead
from lenet.runtime.random_streams import image_key
from lenet.runtime.training.batches import Batches, Slice
from lenet.runtime.training.slices.order import shares, shuffled, step_count

_AHEAD = 2  # batches that are begun before they are due


@dataclass(frozen=True, eq=False)
class Part:
    """Some images of a slice, and the key of all that is random about them. It may be under way
    already."""

    batches: Batches
    rows: NDArray[np.int64]
    key: np.uint64
    begun: "Future[Slice] | None" = None

    def made(self) -> Slice:
        """As the training functions take them. Raises what went wrong with them."""
        if self.begun is None:
            return self.batches.of(self.rows, self.key)
        return self.begun.result()


class Feed:
    """The batches of all epochs, in their order.

    `batches` are this worker's slices, by their numbers, of `count` ones that have `rows` images
    together. Images that are encoded are decoded, and augmented, by `threads` of its own: those of
    the next batches while one is trained with, also beyond the end of an epoch.
    """

    def __init__(
        self, batches: Mapping[int, Batches], rows: int, count: int, batch: int, seed: int,
        threads: int,
    ) -> None:  # fmt: skip
        self.batches, self.rows, self.count = batches, rows, count
        self.batch, self.seed = batch, seed
        self.steps = step_count(rows, batch)
        self.epoch = 0
        self.orders: dict[int, NDArray[np.int64]] = {}
        self.keys: dict[int, np.uint64] = {}
        encoded = any(own.flat is None for own in batches.values())
        self.ahead = Ahead(threads) if encoded else None
        self.begun: dict[tuple[int, int], list[Part]] = {}

    def start_epoch(self, epoch: int) -> None:
        """Draw the orders and the keys of an epoch, counted from 1."""
        self.epoch = epoch
        self.orders, self.keys = self._drawn(epoch)

    def _drawn(self, epoch: int) -> tuple[dict[int, NDArray[np.int64]], dict[int, np.uint64]]:
        seed = self.seed
        orders = {n: shuffled(self.rows, self.count, n, seed, epoch) for n in self.batches}
        return orders, {n: image_key(seed, epoch, n) for n in self.batches}

    def of_slice(self, number: int, step: int) -> NDArray[np.int64]:
        """The images of a slice in a step of this epoch."""
        return self.orders[number][shares(self.rows, self.batch, self.count, step)[number]]

    def parts(self, step: int) -> list[Part]:
        """What the slices give to a batch of this epoch."""
        if self.ahead is None:
            return self._parts(step, self.orders, self.keys)
        place = self.epoch - 1, step
        wanted = [divmod(place[0] * self.steps + step + k, self.steps) for k in range(_AHEAD + 1)]
        before = self.begun
        self.begun = {}
        for at in wanted:
            self.begun[at] = before[at] if at in before else self._begin(*at)
        return self.begun.pop(place)

    def again(self, step: int) -> list[Part]:
        """The same, for who looks at them once more."""
        return self._parts(step, self.orders, self.keys)

    def _begin(self, before: int, step: int) -> list[Part]:
        """Of a step behind so many epochs."""
        assert self.ahead is not None
        now = before + 1 == self.epoch
        orders, keys = (self.orders, self.keys) if now else self._drawn(before + 1)
        parts = self._parts(step, orders, keys)
        return [replace(part, begun=self.ahead.do(part.made)) for part in parts]

    def _parts(
        self, step: int, orders: Mapping[int, NDArray[np.int64]], keys: Mapping[int, np.uint64]
    ) -> list[Part]:
        taken = shares(self.rows, self.batch, self.count, step)
        return [
            Part(batches, orders[number][taken[number]], keys[number])
            for number, batches in self.batches.items()
        ]

    def close(self) -> None:
        """End its threads."""
        if self.ahead is not None:
            self.ahead.close()
