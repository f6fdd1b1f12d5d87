"""The training loop: the same in a Spark task and in this process."""

import math
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.cache import load
from compiler.pipeline import compile_graph
from dsl.check import check_graph
from dsl.errors import LenetError
from dsl.graph import Graph
from dsl.sections.reader import Duration
from dsl.sections.train import Stop, Train
from runtime.batches import Normalization
from runtime.communicator import Communicator
from runtime.cores import check_memory
from runtime.data.dataset import Images
from runtime.exact import diverged
from runtime.metrics import measure
from runtime.parameters import initial_weights, to_tensors
from runtime.slice_count import training_bytes
from runtime.step import Predictor, Trainer

Event = dict[str, Any]
Report = Callable[[Event], None]
_BINS = 30


@dataclass(frozen=True)
class Job:
    """All that a worker needs beside the images; small, and it can be pickled."""

    source: str
    path: str
    imports: tuple[tuple[str, str], ...]
    overrides: tuple[tuple[str, Fraction], ...]
    scale: tuple[float, ...]
    shift: tuple[float, ...]
    train: Train

    @property
    def normalization(self) -> Normalization:
        return Normalization(np.array(self.scale, np.float32), np.array(self.shift, np.float32))

    def graph(self) -> Graph:
        return check_graph(self.source, self.path, dict(self.overrides), dict(self.imports))


def run_training(
    job: Job,
    train: Images,
    validation: Images,
    threads: int,
    communicator: Communicator,
    report: Report,
) -> dict[str, NDArray[np.float32]]:
    """Train to the end and return the tensors by name.

    Reports events as they happen: `start` (again where Spark runs a lost stage once more),
    `compiled`, `iteration`, `parameters` (histograms) and
    `epoch`, the last with the validation metrics where they are due.
    """
    settings = job.train
    assert settings.rate is not None
    report({"event": "start", "host": socket.gethostname(), "process": os.getpid()})
    graph = job.graph()
    program = compile_graph(graph)
    check_memory(training_bytes(program, settings.batch, threads))
    loaded = load(program)
    compiled = loaded.compile("train_slice")
    report({"event": "compiled", "seconds": compiled.seconds, "cached": compiled.from_cache})
    weights = initial_weights(loaded.program, settings.seed)
    normalization = job.normalization
    trainer = Trainer(
        loaded, train, normalization, weights, settings.optimizer, settings.batch,
        settings.seed, threads, communicator, graph.augment,
    )  # fmt: skip
    predictor = Predictor(loaded, threads)

    stopper = Stopper(settings.stop_when)

    def validate() -> dict[str, float]:
        pixels = validation.pixels.reshape(len(validation), -1)
        outputs = predictor.outputs(weights, pixels, normalization)
        if np.isnan(outputs).any():
            where = f"This was in epoch {epoch}, iteration {iteration}."
            raise diverged(f"The net's outputs are no longer numbers. {where}")
        metrics = measure(outputs, validation.labels, loaded.program.logarithmic)
        return metrics

    def chosen(metrics: dict[str, float]) -> dict[str, float]:
        return {name: metrics[name] for name in settings.metrics if name in metrics}

    histograms = dict(settings.logs).get("parameters")
    iteration = epoch = 0
    done = False
    while not done:
        epoch += 1
        trainer.start_epoch(epoch)
        started = time.perf_counter()
        loss = hits = images = 0.0
        for step in range(trainer.steps):
            rate = settings.rate.at(iteration, trainer.steps, settings.iterations(trainer.steps))
            before = time.perf_counter()
            try:
                result = trainer.step(step, rate)
            except LenetError as error:
                detail = f"{error.detail} This was in epoch {epoch}, iteration {iteration + 1}."
                raise LenetError(error.title, detail, error.fix) from None
            seconds = time.perf_counter() - before
            iteration += 1
            loss += result.loss * result.images
            hits += result.top1 * result.images
            images += result.images
            report(
                {
                    "event": "iteration",
                    "epoch": epoch,
                    "iteration": iteration,
                    "step": step + 1,
                    "steps": trainer.steps,
                    "loss": result.loss,
                    "top1": result.top1,
                    "rate": rate,
                    "images_per_second": result.images / seconds,
                }
            )
            last_step = step + 1 == trainer.steps
            if histograms and _due(histograms, iteration, epoch, last_step):
                for name, tensor in to_tensors(loaded.program, weights).items():
                    report(_histogram(name, tensor, iteration))
            done = settings.stop is not None and _due(settings.stop, iteration, epoch, last_step)
            due = settings.validate_every
            between = due.unit == "iterations" and not (done or last_step)
            if between and iteration % due.count == 0:
                where = {"epoch": epoch, "iteration": iteration}
                report({"event": "validation", **where, "validation": chosen(validate())})
            if done:
                break
        elapsed = time.perf_counter() - started
        wanted = done or due.unit == "iterations" or epoch % due.count == 0
        validated = validate() if wanted or settings.stop_when else {}
        if settings.stop_when:
            stopper.see(validated, epoch)
        done = done or stopper.reached
        report(
            {
                "event": "epoch",
                "epoch": epoch,
                "iteration": iteration,
                "loss": loss / images,
                "top1": hits / images,
                "rate": rate,
                "images_per_second": images / elapsed,
                "seconds": elapsed,
                "validation": chosen(validated),
            }
        )
    return to_tensors(loaded.program, weights)


class Stopper:
    """Whether a `stop when` line ends the training, by what was measured at the ends of epochs."""

    def __init__(self, rules: tuple[Stop, ...]) -> None:
        self.rules = rules
        self.best: dict[Stop, tuple[float, int]] = {}
        self.reached = False

    def see(self, metrics: dict[str, float], epoch: int) -> None:
        for rule in self.rules:
            if rule.metric not in metrics:
                title = f"`stop when {rule.metric}` cannot be measured"
                raise LenetError(title, "top5 takes more than five classes.", "stop by top1")
            value = metrics[rule.metric]
            if rule.when == "stalls":
                # A loss is better where it is smaller, a share of right answers where it is larger.
                score = -value if rule.metric == "loss" else value
                best, since = self.best.get(rule, (-math.inf, epoch))
                if score > best:
                    best, since = score, epoch
                self.best[rule] = best, since
                self.reached |= epoch - since >= rule.epochs
            else:
                self.reached |= value > rule.value if rule.when == "above" else value < rule.value


def _due(every: Duration, iteration: int, epoch: int, last_step: bool) -> bool:
    if every.unit == "iterations":
        return iteration % every.count == 0
    return last_step and epoch % every.count == 0


def _histogram(name: str, tensor: NDArray[np.float32], iteration: int) -> Event:
    """Counts in equal bins from the least to the greatest value, as TensorBoard keeps them."""
    values = tensor.astype(np.float64).ravel()
    counts, edges = np.histogram(values, bins=_BINS)
    return {
        "event": "parameters",
        "iteration": iteration,
        "name": name,
        "min": float(values.min()),
        "max": float(values.max()),
        "count": values.size,
        "sum": float(values.sum()),
        "sum_of_squares": float((values * values).sum()),
        "limits": [float(edge) for edge in edges[1:]],
        "counts": [int(count) for count in counts],
    }
