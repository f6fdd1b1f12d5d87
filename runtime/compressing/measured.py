"""A net before and after it was made smaller: how large, how fast, how often right."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.metrics import METRICS, named
from lenet.runtime.bench import images_for
from lenet.runtime.data.dataset import Dataset
from lenet.runtime.models.evaluation import Evaluation
from lenet.runtime.models.model import Model
from lenet.runtime.training.predictor import flat

_MANY = 10_000  # images that are predicted together
# Nets take turns, so many and for so many seconds at least: a machine that others use is faster in
# one moment than in another.
_TURNS, _SECONDS = 9, 2.0
_SINGLES = 10  # predictions of one image in a turn


@dataclass(frozen=True, eq=False)
class Measured:
    """A net's trained `parameters`, and how many of them are not 0; the `bytes` of its file; its
    multiply-adds for an image, `macs`; `images_per_second` of many together, and the `microseconds`
    of one alone, the call from Python included, both medians; and its `metrics` on the test
    images, None where there are none."""

    parameters: int
    nonzero: int
    bytes: int
    macs: int
    images_per_second: float
    microseconds: float
    metrics: Evaluation | None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**vars(self), "metrics": None if self.metrics is None else dict(self.metrics)}


def measured(models: tuple[Model, ...], dataset: Dataset | None) -> tuple[Measured, ...]:
    """Each of them, the times by turns. Without a dataset pixels are made up, which does not change
    how long arithmetic takes."""
    pixels = _pixels(models[0], dataset)
    many = [_many(model, pixels) for model in models]
    single = [_single(model, pixels[:1]) for model in models]
    seconds, alone = _by_turns(many), _by_turns(single)
    found = []
    for model, long, short in zip(models, seconds, alone, strict=True):
        graph = model.graph
        trained = [
            model.tensors[f"{node.name}.{p.name}"]
            for node in graph.nodes
            for p in node.parameters
            if p.trained
        ]
        test = dataset.test if dataset is not None else None
        found.append(
            Measured(
                graph.parameter_count,
                sum(int(np.count_nonzero(tensor)) for tensor in trained),
                len(model.to_bytes()),
                sum(node.macs for node in graph.nodes),
                len(pixels) / long,
                short / _SINGLES * 1e6,
                None if test is None else model.evaluate_read(test),
            )
        )
    return tuple(found)


def shown_metrics(model: Model, found: Evaluation) -> list[str]:
    """The names of the metrics that the net's file validates by, as far as they are numbers and
    were measured; or of the first ones."""
    train = model.graph.train
    asked = [named(use) for use in train.metrics if not METRICS[use.name].table] if train else []
    there = [name for name in asked if name in found]
    return there or [name for name in found if name != "count"][:3]


def errors_of(before: Evaluation, after: Evaluation) -> list[dict[str, Any]]:
    """By class, or by question of yes or no: its `label`, its `count` of images, and how many of
    them are `wrong_before` and `wrong_after`; first those of which more are wrong than before."""
    rows: list[dict[str, Any]] = []
    for old, new in zip(before.classes, after.classes, strict=True):
        if "counted" not in old:  # places of a mask are no images
            count = int(old["count"])
            wrong = [round(count * (1 - float(row["recall"]))) for row in (old, new)]
            row = {"label": old["label"], "count": count}
            rows.append({**row, "wrong_before": wrong[0], "wrong_after": wrong[1]})
    return sorted(rows, key=lambda row: row["wrong_before"] - row["wrong_after"])


def _pixels(model: Model, dataset: Dataset | None) -> NDArray[np.generic]:
    if dataset is not None and dataset.test is not None and len(dataset.test):
        found = flat(dataset.test)
        if isinstance(found, np.ndarray):
            return np.ascontiguousarray(found[:_MANY])
    images = images_for(model.graph, _MANY)
    assert isinstance(images.pixels, np.ndarray)
    return images.pixels.reshape(_MANY, -1)


def _many(model: Model, pixels: NDArray[np.generic]) -> Callable[[], Any]:
    normalization = model.normalizations[pixels.dtype == np.uint8]
    return lambda: model.predictor.outputs(pixels, normalization, in_blocks=True)


def _single(model: Model, image: NDArray[np.generic]) -> Callable[[], Any]:
    def some() -> None:
        for _ in range(_SINGLES):
            model.outputs(image)

    return some


def _by_turns(works: list[Callable[[], Any]]) -> list[float]:
    """The median seconds of each, after one to warm up."""
    seconds: list[list[float]] = [[] for _ in works]
    for work in works:
        work()
    began = time.perf_counter()
    while len(seconds[0]) < _TURNS or time.perf_counter() - began < _SECONDS:
        for work, own in zip(works, seconds, strict=True):
            started = time.perf_counter()
            work()
            own.append(time.perf_counter() - started)
    return [statistics.median(own) for own in seconds]


def as_facts(before: Measured, after: Measured) -> Mapping[str, Any]:
    """Both, and the classes of which more is wrong, for JSON."""
    rows = (
        errors_of(before.metrics, after.metrics)
        if before.metrics is not None and after.metrics is not None
        else []
    )
    return {"before": before.as_dict(), "after": after.as_dict(), "classes": rows}
