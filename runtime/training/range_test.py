"""Which learning rates are too small, and which too large: the range test.

L. N. Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017: the net is trained
for a few epochs while the rate grows, and the loss tells the rest. How it grows, how the loss is
smoothed, when the test stops, and which rates are suggested, is as in fastai's lr_find.
"""

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import load
from lenet.runtime.events import Compiled, IterationDone, Watch
from lenet.runtime.training.communicator import Alone
from lenet.runtime.training.fitting import fitting_program
from lenet.runtime.training.fixed_point import Diverged
from lenet.runtime.training.job import Job
from lenet.runtime.training.parameters import initial_weights
from lenet.runtime.training.pruned import prune
from lenet.runtime.training.slices.shard import Shard
from lenet.runtime.training.step import Trainer, functions_of
from lenet.runtime.training.updater import updater_of

_SMOOTH = 0.98  # of the mean of losses, what stays in each iteration
_TOO_MUCH = 4.0  # times the smallest smoothed loss, where the test stops
_LEFT_OUT = 5  # of the last iterations, in which the loss runs away
_NOISE = 1.0  # times the usual difference of two batches, what the mean never falls by chance

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RangeTest:
    """The `rates` of all iterations that were to be done. Of those that were, the loss of the
    batch, before its step; and as a running mean, `smoothed`, in which later losses weigh more,
    without the bias of its beginning. It `diverged` where the next numbers were beyond reason."""

    rates: Floats
    losses: Floats
    smoothed: Floats
    diverged: bool

    @property
    def done(self) -> int:
        """How many iterations there were."""
        return len(self.losses)

    @property
    def _looked_at(self) -> range:
        """The iterations that suggestions are taken from: neither the first tenth, in which the
        mean is of few batches, nor the last ones."""
        return range(len(self.rates) // 10, self.done - _LEFT_OUT)

    @property
    def smallest_is_known(self) -> bool:
        """Whether there were enough iterations to look at."""
        return len(self._looked_at) > 1

    @property
    def fell(self) -> bool:
        """Whether the loss fell, and by more than batches differ anyway."""
        if not self.smallest_is_known:
            return False
        places = self._looked_at
        first = self.losses[: places.start + 1]
        apart = float(np.median(np.abs(np.diff(first)))) if len(first) > 1 else 0.0
        smoothed = self.smoothed[places.start : places.stop]
        return bool(smoothed[0] - smoothed.min() > _NOISE * apart)

    @property
    def smallest(self) -> int:
        """The iteration, counted from 0, with the smallest smoothed loss."""
        places = self._looked_at
        return places.start + int(self.smoothed[places.start : places.stop].argmin())

    @property
    def steepest(self) -> int:
        """That in which the smoothed loss falls fastest, over the logarithm of the rate, on its way
        to the smallest one."""
        first = self._looked_at.start
        slopes = np.diff(self.smoothed) / np.diff(np.log(self.rates[: self.done]))
        return first + int(slopes[first : self.smallest].argmin())

    @property
    def too_much(self) -> bool:
        """Whether the test ended because the loss became too much."""
        return self.done > 0 and bool(self.smoothed[-1] > _TOO_MUCH * self.smoothed.min())

    @property
    def still_falling(self) -> bool:
        """Whether the loss was smallest at the largest rate, as far as can be told."""
        return self.done == len(self.rates) and self.smallest == self._looked_at[-1]


def range_test(
    job: Job, shard: Shard, threads: int, low: float, high: float, wanted: int, watch: Watch,
    weights: NDArray[np.float32] | None = None,
) -> RangeTest:  # fmt: skip
    """Train from these weights, or from the net's initial ones, with rates from `low` to `high`,
    each the same factor larger than the one before, until the loss is too much. Nothing is written
    anywhere."""
    trainer = _trainer(job, shard, threads, watch, weights)
    # A shorter batch at the end of an epoch is left out: its loss would say less than the others.
    steps = max(1, shard.rows // job.train.batch)
    rates = [low * (high / low) ** (k / (wanted - 1)) for k in range(wanted)]
    losses: list[float] = []
    smoothed: list[float] = []
    mean, best, diverged = 0.0, math.inf, False
    for k, rate in enumerate(rates):
        epoch, step = divmod(k, steps)
        if step == 0:
            trainer.start_epoch(epoch + 1)
        began = time.perf_counter()
        try:
            result = trainer.step(step, rate)
        except Diverged:
            diverged = True
            break
        speed = result.images / (time.perf_counter() - began)
        watch(IterationDone(epoch + 1, k + 1, k + 1, wanted, result.loss, result.top1, rate, speed))
        mean = _SMOOTH * mean + (1 - _SMOOTH) * result.loss
        losses.append(result.loss)
        smoothed.append(mean / (1 - _SMOOTH ** (k + 1)))
        best = min(best, smoothed[-1])
        if smoothed[-1] > _TOO_MUCH * best:
            break
    return RangeTest(np.array(rates), np.array(losses), np.array(smoothed), diverged)


def _trainer(
    job: Job, shard: Shard, threads: int, watch: Watch, weights: NDArray[np.float32] | None
) -> Trainer:  # fmt: skip
    settings = job.train
    program, scant = fitting_program(job, threads)
    if scant is not None:
        watch(scant)
    loaded = load(program)
    updater = updater_of(job.graph, program)
    compiled = loaded.compile(*functions_of(program, updater), pixels=shard.dtype)
    watch(Compiled(compiled.seconds, compiled.from_cache))
    if weights is None:
        weights = initial_weights(program, settings.seed)
    prune(job.graph, program, weights, updater)
    return Trainer(
        loaded, shard, job.normalization, weights, updater, settings.batch, settings.seed, threads,
        Alone(), job.graph.augment, job.importance, job.unit, job.seen, job.teacher,
    )  # fmt: skip
