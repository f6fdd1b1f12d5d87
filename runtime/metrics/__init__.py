"""What is measured of a net's outputs, whoever has the images: counts that are added exactly.

Each metric is a module of this folder, under the name that the language has for it, with two
functions of its use, in which a class is a number: `count(use, outcomes)` gives int64 numbers of
some images, which may be added to others' in any order, and `value(use, counts, images)` is the
metric of so many images: a number, rows of numbers, or None where it tells nothing of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.metrics import METRICS, OF, named
from lenet.dsl.vocabulary import Use, carried_out
from lenet.runtime.class_names import with_number

_HEAD = 3  # numbers before those of the classes


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What a net says of some images: `outputs` (count, classes) are log-probabilities or
    probabilities, `labels` (count) the right classes. NaN is never right."""

    outputs: NDArray[np.float32]
    labels: NDArray[np.int32]
    logarithmic: bool

    @property
    def classes(self) -> int:
        """How many there are."""
        return self.outputs.shape[1]

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """The outputs in float64."""
        return self.outputs.astype(np.float64)

    @cached_property
    def own(self) -> NDArray[np.float64]:
        """The output of each image's right class: (count, 1)."""
        return self.values[np.arange(len(self.labels)), self.labels][:, None]

    @cached_property
    def valid(self) -> NDArray[np.bool_]:
        """Where all outputs are numbers."""
        return np.logical_not(np.isnan(self.values).any(axis=1))

    @cached_property
    def ahead(self) -> NDArray[np.int64]:
        """How many classes come before the right one: those with larger outputs, and those with
        equal ones and a smaller number."""
        earlier = np.arange(self.classes)[None, :] < self.labels[:, None]
        ahead = (self.values > self.own) | ((self.values == self.own) & earlier)
        return ahead.sum(axis=1)

    def within(self, first: int) -> int:
        """The images whose right class is among so many first ones."""
        return int(((self.ahead < first) & self.valid).sum())

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """The likeliest class of each image that has valid outputs."""
        return self.values.argmax(axis=1)[self.valid]

    @cached_property
    def by_class(self) -> NDArray[np.int64]:
        """Of each class: the images of it, those that are taken for it, and those that are both;
        (3, classes), flat."""
        labels = self.labels[self.valid]
        parts = self.labels, self.predicted, labels[labels == self.predicted]
        return np.concatenate([np.bincount(part, minlength=self.classes) for part in parts])


@dataclass(frozen=True)
class Tally:
    """Counts of images for the `metrics` of a net with so many classes, by the names under which
    they are shown: a vector of int64 that is added to others'."""

    metrics: Mapping[str, Use]
    classes: int

    @classmethod
    def of(cls, metrics: Sequence[Use], classes: int, names: Sequence[str] = ()) -> "Tally":
        """For those of the metrics that tell something of so many classes, whose `names` are
        numbers by default."""
        names = names or tuple(map(str, range(classes)))
        fitting = {
            named(use): with_number(use, names)
            for use in metrics
            if METRICS[use.name].fits_classes(use, classes)
        }
        return cls(fitting, classes)

    def count(self, outcomes: Outcomes) -> NDArray[np.int64]:
        """Of some images: how many there are, how many have outputs that are no numbers, how many
        are right; of each class, how many are of it, and how many are taken for it; and what the
        metrics count."""
        count = len(outcomes.labels)
        parts = [
            np.array([count, count - int(outcomes.valid.sum()), outcomes.within(1)], np.int64),
            np.bincount(outcomes.labels, minlength=self.classes),
            np.bincount(outcomes.predicted, minlength=self.classes),
            *(
                carried_out(__name__, use.name).count(use, outcomes)
                for use in self.metrics.values()
            ),
        ]
        return np.concatenate(parts).astype(np.int64)

    def right(self, counts: NDArray[np.int64]) -> int:
        """How many images are right."""
        return int(counts[2])

    def broken(self, counts: NDArray[np.int64]) -> bool:
        """Whether the outputs of an image are not numbers."""
        return bool(counts[1])

    def by_class(self, counts: NDArray[np.int64]) -> tuple[list[int], list[int]]:
        """Of each class, how many images are of it, and how many are taken for it."""
        own, predicted = counts[_HEAD : _HEAD + 2 * self.classes].reshape(2, -1)
        return own.tolist(), predicted.tolist()

    def values(self, counts: NDArray[np.int64]) -> dict[str, Any]:
        """The metrics by name: numbers, and rows of numbers; without those that tell nothing of
        these images."""
        found, start = {}, _HEAD + 2 * self.classes
        nobody = Outcomes(np.zeros((0, self.classes), np.float32), np.zeros(0, np.int32), True)
        for name, use in self.metrics.items():
            module = carried_out(__name__, use.name)
            end = start + len(module.count(use, nobody))
            value = module.value(use, counts[start:end], int(counts[0]))
            if value is not None:
                found[name] = value
            start = end
        return found


def of_class(use: Use, scores: NDArray[np.float64], there: NDArray[np.bool_]) -> float:
    """Of the classes' scores, that of the class that the use names, or the mean of all that there
    are images of, or that images are taken for."""
    chosen = use[OF.name]
    return float(scores[there].mean() if chosen == OF.default else scores[chosen])


def all_metrics() -> tuple[Use, ...]:
    """Every metric that needs no value of its own."""
    entries = METRICS.values()
    return tuple(e.use() for e in entries if all(o.default is not None for o in e.values))


def measure(
    outputs: NDArray[np.float32], labels: NDArray[np.int32], logarithmic: bool,
    metrics: Sequence[Use] = (), names: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """All metrics that tell something of images that are all at hand, and these."""
    tally = Tally.of((*all_metrics(), *metrics), outputs.shape[1], names)
    return tally.values(tally.count(Outcomes(outputs, labels, logarithmic)))
