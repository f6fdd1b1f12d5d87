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
from lenet.runtime.events import Predictions
from lenet.runtime.metrics.outcomes import Numbers, Outcomes, outcomes_of
from lenet.runtime.unit import Unit

_HEAD = 2  # numbers before what sums an outcome up


@dataclass(frozen=True)
class Tally:
    """Counts of images for the `metrics` of a net with so many classes, by the names under which
    they are shown: a vector of int64 that is added to others'. Where answers are no classes, it
    has as many outputs, and they have a `unit`."""

    metrics: Mapping[str, Use]
    classes: int
    unit: Unit | None = None

    @classmethod
    def of(
        cls, metrics: Sequence[Use], classes: int, names: Sequence[str] = (),
        unit: Unit | None = None,
    ) -> "Tally":  # fmt: skip
        """For those of the metrics that tell something of so many classes, whose `names` are
        numbers by default."""
        names = names or tuple(map(str, range(classes)))
        answers = "class" if unit is None else unit.answers
        fitting = {
            named(use): with_number(use, names)
            for use in metrics
            if METRICS[use.name].fits_net(use, answers, classes)
        }
        return cls(fitting, classes, unit)

    @cached_property
    def nobody(self) -> Outcomes:
        """Outcomes of no images, whose counts are as long as those of any."""
        outputs, labels = np.zeros((0, self.classes), np.float32), np.zeros(0, np.int32)
        if self.unit is not None:
            labels = np.zeros((0, self.classes // self.unit.each), np.float32)
        return outcomes_of(outputs, labels, True, self.unit)

    def count(self, outcomes: Outcomes) -> NDArray[np.int64]:
        """Of some images: how many there are, how many have outputs that are no numbers, what sums
        them up, and what the metrics count."""
        count = len(outcomes.labels)
        parts = [
            np.array([count, count - int(outcomes.valid.sum())], np.int64),
            outcomes.summary,
            *(
                carried_out(__name__, use.name).count(use, outcomes)
                for use in self.metrics.values()
            ),
        ]
        return np.concatenate(parts).astype(np.int64)

    def _summary(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        return counts[_HEAD : _HEAD + len(self.nobody.summary)]

    def broken(self, counts: NDArray[np.int64]) -> bool:
        """Whether the outputs of an image are not numbers."""
        return bool(counts[1])

    def predictions(self, counts: NDArray[np.int64]) -> Predictions:
        """How many images are of each class and are taken for it, and how many are right; or how
        much is gained by other answers."""
        if self.unit is not None:
            return Predictions([], [], 0, self._gained(counts))
        hits, *by_class = self._summary(counts).tolist()
        return Predictions(by_class[: self.classes], by_class[self.classes :], hits)

    def _gained(self, counts: NDArray[np.int64]) -> float | None:
        """Of answers that are no classes, how much of what always the same answer leaves to be
        explained the net explains; None where that leaves nothing."""
        found, images = self._summary(counts), int(counts[0])
        assert self.unit is not None
        if self.unit.answers == "numbers":
            r2, one_unit = carried_out(__name__, "r2"), len(set(self.unit.deviation)) == 1
            share: float | None = (
                r2.of_one_unit(found, images)
                if one_unit
                else r2.value(METRICS["r2"].use(), found, images)
            )
            return share
        right, yes = int(found[0]), found[1:]
        if self.unit.answers == "places":
            rest = int(yes.sum() - yes.max())
            return (right - int(yes.max())) / rest if rest else None
        guessed = int(np.maximum(yes, images - yes).sum())
        rest = images * self.classes - guessed
        return (right - guessed) / rest if rest else None

    def values(self, counts: NDArray[np.int64]) -> dict[str, Any]:
        """The metrics by name: numbers, and rows of numbers; without those that tell nothing of
        these images."""
        found, start = {}, _HEAD + len(self.nobody.summary)
        largest = max(self.unit.deviation) if self.unit is not None else 1.0
        for name, use in self.metrics.items():
            module = carried_out(__name__, use.name)
            end = start + len(module.count(use, self.nobody))
            value = module.value(use, counts[start:end], int(counts[0]))
            if value is not None:
                power = METRICS[use.name].power
                found[name] = value * largest**power if power else value
            start = end
        return found


def of_class(use: Use, scores: NDArray[np.float64], there: NDArray[np.bool_]) -> float:
    """Of the classes' scores, that of the class that the use names, or the mean of all that there
    are images of, or that images are taken for."""
    chosen = use[OF.name]
    return float(scores[there].mean() if chosen == OF.default else scores[chosen])


def all_metrics() -> tuple[Use, ...]:
    """Every metric that needs no value of its own, but for those that are to be asked for."""
    entries = (entry for entry in METRICS.values() if not entry.asked)
    return tuple(e.use() for e in entries if all(o.default is not None for o in e.values))


def measure(
    outcomes: Outcomes, metrics: Sequence[Use] = (), names: Sequence[str] = ()
) -> dict[str, Any]:
    """All metrics that tell something of images that are all at hand, and these."""
    unit = outcomes.unit if isinstance(outcomes, Numbers) else None
    tally = Tally.of((*all_metrics(), *metrics), outcomes.classes, names, unit)
    return tally.values(tally.count(outcomes))
