"""Which batch is worth its images: how fast steps of each size are, and how many steps it takes.

S. McCandlish et al., "An Empirical Model of Large-Batch Training", 2018: with the noise scale B of
the gradient, a training in batches of b takes in proportion to 1 + B / b steps to the same loss.
The simple noise scale is the trace of the covariance of the images' gradients, divided by the
squared length of their mean; both are estimated from batches, without bias (their appendix A.1).
"""

import math
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import Loaded, load
from lenet.compiler.optimizers.rule import rule_of
from lenet.compiler.target import LANES
from lenet.dsl.optimizers import OPTIMIZERS
from lenet.runtime.data.dataset import DataError, Images
from lenet.runtime.events import Compiled, IterationDone, Watch
from lenet.runtime.machine.cores import available_memory
from lenet.runtime.rates import rate_at
from lenet.runtime.training.communicator import Alone
from lenet.runtime.training.fitting import fitting_program
from lenet.runtime.training.job import Job
from lenet.runtime.training.parameters import initial_weights
from lenet.runtime.training.slices.count import least_rows, slice_count, training_bytes
from lenet.runtime.training.slices.shard import Shard, deal
from lenet.runtime.training.source import InMemory
from lenet.runtime.training.step import Trainer, functions_of
from lenet.runtime.training.updater import updater_of

_SECONDS = 3.0  # of all speeds together, at least
_TURN = 0.05  # and of each size in a turn
_ROUNDS = 3
_LARGEST = 8192
_MEASURED = 100  # gradients, at most
_LEAST = 8  # and at least
_STEPS = 3  # of a turn, at least
_MEASURED_AFTER = (0, 50, 200)  # iterations; a shorter training has its end for the others
_CLOSE = 1.05  # times the shortest time, that a smaller batch may take

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Noise:
    """The noise `scale` of the gradient, in images, after so many `iterations`; None where the
    mean gradient is too small beside the noise to tell, so that the scale is beyond `most`."""

    iterations: int
    scale: float | None
    most: int


@dataclass(frozen=True)
class Size:
    """Steps with `batch` images: how many `images_per_second` they do, and the `memory` in bytes
    that they take beside the images. `steps` and `seconds` to the same loss are relative to those
    of the size that takes fewest, None where no noise scale is known."""

    batch: int
    images_per_second: float
    memory: int
    steps: float | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Advice:
    """What was measured, and the `batch` that is worth it, None where that cannot be told."""

    noises: tuple[Noise, ...]
    sizes: tuple[Size, ...]
    batch: int | None


def noise_scale(gradients: Sequence[Floats], batch: int) -> float | None:
    """Of mean gradients over batches of so many images, at the same weights."""
    count = len(gradients)
    total, squares = np.zeros(len(gradients[0])), 0.0
    for gradient in gradients:
        own = gradient.astype(np.float64)
        total += own
        squares += float(own @ own)
    of_mean, mean_of = float(total @ total) / count**2, squares / count
    # E|g|² of a batch is |G|² + S / b, and that of the mean of n batches |G|² + S / (n b).
    length = (count * of_mean - mean_of) / (count - 1)
    spread = batch * (mean_of - of_mean) * count / (count - 1)
    return spread / length if length > 0 else None


def batch_advice(
    job: Job, source: InMemory, threads: int, watch: Watch, weights: Floats | None = None
) -> Advice:
    """Measure, from these weights, or from the net's initial ones. Nothing is written anywhere.
    DataError where the images are too few."""
    return _Measurement(job, source, threads, watch).run(weights)


class _Measurement:
    def __init__(self, job: Job, source: InMemory, threads: int, watch: Watch) -> None:
        self.job, self.source, self.threads, self.watch = job, source, threads, watch
        settings = job.train
        self.batch = min(settings.batch, source.rows // _LEAST)
        if OPTIMIZERS[settings.optimizer.name].whole:
            name = settings.optimizer.name
            title = f"`{name}` needs all images in one batch"
            raise DataError(title, "So there is nothing to choose.", "try another optimizer")
        if not self.batch:
            title = f"{source.name} has {source.rows:,} images to train with"
            raise DataError(title, f"At least {_LEAST} are needed to tell their gradients apart.")
        self.program, scant = fitting_program(job, threads)
        if scant is not None:
            watch(scant)
        self.loaded = self._compiled()

    def _compiled(self) -> Loaded:
        loaded = load(self.program)
        functions = functions_of(self.program, updater_of(self.job.graph, self.program))
        compiled = loaded.compile(*functions, pixels=np.dtype(self.source.dtype))
        self.watch(Compiled(compiled.seconds, compiled.from_cache))
        return loaded

    def run(self, weights: Floats | None) -> Advice:
        """All noise scales, and the speeds."""
        if weights is None:
            weights = initial_weights(self.program, self.job.train.seed)
        noises = self._noises(weights)
        sizes = self._sizes(weights)
        scale = noises[-1].scale
        if scale is None:
            return Advice(tuple(noises), tuple(sizes), None)
        return Advice(tuple(noises), *judged(sizes, scale))

    def _trainer(self, shard: Shard, weights: Floats, batch: int) -> Trainer:
        job, settings = self.job, self.job.train
        return Trainer(
            self.loaded, shard, job.normalization, weights, updater_of(job.graph, self.program),
            batch, settings.seed, self.threads, Alone(), job.graph.augment, job.importance,
            job.unit, job.seen,
        )  # fmt: skip

    def _noises(self, weights: Floats) -> list[Noise]:
        """The scale along the beginning of the training; `weights` are what comes of it."""
        settings, shard = self.job.train, self.source.shard(self.job.slices)
        assert settings.rate is not None
        trainer = self._trainer(shard, weights, settings.batch)
        total = settings.iterations(trainer.steps)
        last = min(_MEASURED_AFTER[-1], total or _MEASURED_AFTER[-1])
        wanted = sorted({min(count, last) for count in _MEASURED_AFTER})
        found = []
        for done in range(last + 1):
            if done in wanted:
                found.append(self._noise(shard, weights, done))
            if done < last:
                rate = rate_at(settings.rate, done, trainer.steps, total)
                self._step(trainer, done, rate, last)
        trainer.close()
        return found

    def _step(self, trainer: Trainer, done: int, rate: float, last: int) -> None:
        epoch, step = divmod(done, trainer.steps)
        if step == 0:
            trainer.start_epoch(epoch + 1)
        began = time.perf_counter()
        result = trainer.step(step, rate)
        speed = result.images / (time.perf_counter() - began)
        told = epoch + 1, done + 1, done + 1, last, result.loss, result.top1, rate, speed
        self.watch(IterationDone(*told))

    def _noise(self, shard: Shard, weights: Floats, iterations: int) -> Noise:
        trainer = self._trainer(shard, weights.copy(), self.batch)
        trainer.start_epoch(1)
        count = min(_MEASURED, trainer.rows // self.batch)
        gradients = []
        for step in range(count):
            trainer.step(step, 0.0)
            gradients.append(trainer.gradient())
            trainer.weights[:] = weights  # which bounds may have changed
        trainer.close()
        return Noise(iterations, noise_scale(gradients, self.batch), count * self.batch)

    def _sizes(self, weights: Floats) -> list[Size]:
        """Powers of two and the file's batch, as far as there are images and memory."""
        graph, rows = self.job.graph, self.source.rows
        powers = {LANES * 2**k for k in range(int(math.log2(_LARGEST // LANES)) + 1)}
        states = rule_of(self.job.train.optimizer).states
        room = available_memory() or 0
        trainers: list[Trainer] = []
        found = []
        for batch in sorted({min(n, rows) for n in (*powers, self.job.train.batch)}):
            slices = slice_count(batch, least_rows(graph))
            needed = training_bytes(self.program, batch, slices, self.threads, states)
            if room and trainers and needed > room // 2:
                break
            room -= needed
            own = _first(self.source.train, batch)
            tracemalloc.start()
            try:
                trainer = self._trainer(
                    deal(own, own, slices, group=self.source.group), weights.copy(), batch
                )
                trainer.start_epoch(1)
                trainer.step(0, 0.0)
                memory = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
            trainers.append(trainer)
            found.append((batch, memory))
        speeds = _speeds(trainers)
        for trainer in trainers:
            trainer.close()
        return [
            Size(batch, speed, memory) for (batch, memory), speed in zip(found, speeds, strict=True)
        ]


def _first(images: Images, count: int) -> Images:
    return images.take(np.arange(count))


def _speeds(trainers: Sequence[Trainer]) -> list[float]:
    """Images a second of each, in its fastest step: what else a machine does can only make one
    slower. They take turns, since it is faster in one minute than in another."""
    seconds: list[list[float]] = [[] for _ in trainers]
    rounds, began = 0, time.perf_counter()
    while rounds < _ROUNDS or time.perf_counter() - began < _SECONDS:
        for trainer, own in zip(trainers, seconds, strict=True):
            until = time.perf_counter() + _TURN
            for _ in range(_STEPS):
                own.append(_step_seconds(trainer))
            while time.perf_counter() < until:
                own.append(_step_seconds(trainer))
        rounds += 1
    return [t.batch / min(own) for t, own in zip(trainers, seconds, strict=True)]


def _step_seconds(trainer: Trainer) -> float:
    began = time.perf_counter()
    trainer.step(0, 0.0)
    return time.perf_counter() - began


def judged(sizes: Sequence[Size], scale: float) -> tuple[tuple[Size, ...], int]:
    """With steps and seconds to the same loss, and the smallest batch that takes hardly longer than
    the fastest."""
    steps = [1 + scale / size.batch for size in sizes]
    seconds = [
        count * size.batch / size.images_per_second
        for count, size in zip(steps, sizes, strict=True)
    ]
    fewest, shortest = min(steps), min(seconds)
    found = tuple(
        Size(size.batch, size.images_per_second, size.memory, count / fewest, took / shortest)
        for size, count, took in zip(sizes, steps, seconds, strict=True)
    )
    best = next(size.batch for size in found if size.seconds and size.seconds <= _CLOSE)
    return found, best
