"""The learning rate over a whole training, known before it begins."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.lower.reader import Duration
from lenet.dsl.training.values import Rate, Train
from lenet.runtime.rates import Progress, rate_at
from lenet.runtime.training.slices.order import step_count

MOST = 200_000  # iterations whose rates are computed, in about a second
_EPOCHS = 10  # that are looked at, at least, where nobody knows the end
_SUDDEN = 10  # times the changes beside it, a change that is none of a curve's
_CLEAR = 1e-3  # of the rate, a change worth a word


@dataclass(frozen=True)
class Point:
    """A place worth knowing, `name`d; epoch and iteration are counted from 1."""

    name: str
    epoch: int
    iteration: int
    rate: float


@dataclass(frozen=True, eq=False)
class Course:
    """The `rates` of some `iterations`, counted from 0, of `total`; an epoch has `steps`.

    They are all iterations where these are not too many; then some, and those where it is known to
    change. Without an end (`ends`) only a metric ends the training, and `total` are those that were
    looked at. The first `warmup` only climb.
    """

    rate: Rate
    steps: int
    total: int
    ends: bool
    iterations: NDArray[np.int64]
    rates: NDArray[np.float64]
    warmup: int

    @property
    def complete(self) -> bool:
        """Whether it has all iterations."""
        return len(self.iterations) == self.total

    @cached_property
    def changes(self) -> NDArray[np.int64]:
        """The places, within `iterations`, from which on another rate is in force: told by the
        line, or jumps between rates that stay or change little by little."""
        told = np.isin(self.iterations, _told(self.rate, self.steps, self.total))
        if self.complete:
            told[_jumps(self.rates)] = True
        return np.flatnonzero(told)

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """Start, end of warmup, largest, each change, last: in the order of time."""
        return tuple(sorted(self._points(), key=lambda point: point.iteration))

    def _points(self) -> Iterator[Point]:
        last = len(self.iterations) - 1
        yield self._point("start", 0)
        if 0 < self.warmup <= self.total:
            at = int(np.searchsorted(self.iterations, self.warmup - 1))
            yield self._point("end of warmup", at)
        yield self._point("largest", int(self.rates.argmax()))
        for change in self.changes:
            yield self._point("change", int(change))
        yield self._point("last" if self.ends else "last drawn", last)

    def _point(self, name: str, at: int) -> Point:
        iteration = int(self.iterations[at])
        return Point(name, iteration // self.steps + 1, iteration + 1, float(self.rates[at]))


def course_of(train: Train, images: int) -> Course:
    """That of a training with so many images, which has a rate."""
    rate = train.rate
    assert rate is not None
    steps = step_count(images, train.batch)
    length = train.iterations(steps)
    total = length or _some(rate, steps)
    warmup = 0
    if rate.warmup is not None:
        warmup = Progress(0, steps, length).iterations(rate.warmup)
    chosen = set(range(0, total, math.ceil(total / MOST)))
    if len(chosen) < total:
        told = _told(rate, steps, total)
        chosen |= {k for k in (*told, *(t - 1 for t in told), warmup - 1, total - 1) if k >= 0}
        chosen = {k for k in chosen if k < total}
    iterations = sorted(chosen)
    rates = [rate_at(rate, k, steps, length) for k in iterations]
    return Course(
        rate, steps, total, length > 0, np.array(iterations, np.int64), np.array(rates), warmup
    )


def _told(rate: Rate, steps: int, total: int) -> list[int]:
    """Where the line itself says that another rate begins."""
    length = steps if rate.unit == "epochs" else 1
    return [change * length for change in rate.changes if change * length < total]


def _some(rate: Rate, steps: int) -> int:
    """Iterations in which the rate shows what it does, where nobody knows the end: all that the
    line says has happened, and what it repeats has happened a few times."""
    told = [2 * change for change in _told(rate, steps, 2**62)]
    given = [] if rate.schedule is None else [value for _, value in rate.schedule.values]
    durations = [value for value in (*given, rate.warmup) if isinstance(value, Duration)]
    told += [4 * Progress(0, steps, 0).iterations(duration) for duration in durations]
    epochs = math.ceil(max([_EPOCHS * steps, *told]) / steps)
    return epochs * steps


def _jumps(rates: NDArray[np.float64]) -> NDArray[np.int64]:
    """The first places of rates that are neither those before nor follow from them smoothly."""
    changes = np.abs(np.diff(rates))
    if len(changes) < 3:
        return np.zeros(0, np.int64)
    beside = np.maximum(changes[:-2], changes[2:])
    large = np.maximum(rates[1:-2], rates[2:-1])
    sudden = (changes[1:-1] > _SUDDEN * beside) & (changes[1:-1] > _CLEAR * large)
    return np.flatnonzero(sudden) + 2
