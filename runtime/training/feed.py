"""What the slices of a worker give to each batch, decoded before it is due if need be."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lenet.runtime.machine.ahead import Ahead
from lenet.runtime.random_streams import image_key
from lenet.runtime.training.batches import Batches, Slice, keys_of
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
    keys: NDArray[np.uint64] | None = None  # of the images, if they are known already

    def made(self) -> Slice:
        """As the training functions take them. Raises what went wrong with them."""
        if self.begun is None:
            return self.batches.of(self.rows, self.key, self.keys)
        return self.begun.result()


@dataclass(frozen=True, eq=False)
class _Drawn:
    """A slice's images in the order of an epoch, the key of all that is random about them, and the
    key of each, where only the net may ask for it."""

    order: NDArray[np.int64]
    key: np.uint64
    keys: NDArray[np.uint64] | None


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
        self.drawn: dict[int, _Drawn] = {}
        encoded = any(own.flat is None for own in batches.values())
        self.ahead = Ahead(threads) if encoded else None
        self.begun: dict[tuple[int, int], list[Part]] = {}

    def start_epoch(self, epoch: int) -> None:
        """Draw the orders and the keys of an epoch, counted from 1."""
        self.epoch = epoch
        self.drawn = self._draw(epoch)

    def _draw(self, epoch: int) -> dict[int, _Drawn]:
        found = {}
        for number, batches in self.batches.items():
            order = shuffled(self.rows, self.count, number, self.seed, epoch)
            key = image_key(self.seed, epoch, number)
            asks = batches.stays and batches.seen is None
            found[number] = _Drawn(order, key, keys_of(key, order) if asks else None)
        return found

    def of_slice(self, number: int, step: int) -> NDArray[np.int64]:
        """The images of a slice in a step of this epoch."""
        return self.drawn[number].order[shares(self.rows, self.batch, self.count, step)[number]]

    def parts(self, step: int) -> list[Part]:
        """What the slices give to a batch of this epoch."""
        if self.ahead is None:
            return self._parts(step, self.drawn)
        place = self.epoch - 1, step
        wanted = [divmod(place[0] * self.steps + step + k, self.steps) for k in range(_AHEAD + 1)]
        before = self.begun
        self.begun = {}
        for at in wanted:
            self.begun[at] = before[at] if at in before else self._begin(*at)
        return self.begun.pop(place)

    def again(self, step: int) -> list[Part]:
        """The same, for who looks at them once more."""
        return self._parts(step, self.drawn)

    def _begin(self, before: int, step: int) -> list[Part]:
        """Of a step behind so many epochs."""
        assert self.ahead is not None
        now = before + 1 == self.epoch
        parts = self._parts(step, self.drawn if now else self._draw(before + 1))
        return [replace(part, begun=self.ahead.do(part.made)) for part in parts]

    def _parts(self, step: int, drawn: Mapping[int, _Drawn]) -> list[Part]:
        taken = shares(self.rows, self.batch, self.count, step)
        parts = []
        for number, batches in self.batches.items():
            own, which = drawn[number], taken[number]
            keys = None if own.keys is None else own.keys[which]
            parts.append(Part(batches, own.order[which], own.key, None, keys))
        return parts

    def close(self) -> None:
        """End its threads."""
        if self.ahead is not None:
            self.ahead.close()
