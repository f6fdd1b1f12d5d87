"""What a net says of some images beside what is right, as metrics see it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.answers import Answers
from lenet.runtime.unit import Unit

Counts = NDArray[np.int64]
_HUGE = 2.0**24  # what counts as infinite in an exact sum
_FRACTION = 2.0**38


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Of classes: `outputs` (count, classes) are log-probabilities or probabilities, `labels`
    (count) the right classes. NaN is never right."""

    outputs: NDArray[np.float32]
    labels: NDArray[Any]
    logarithmic: bool = True

    @property
    def answers(self) -> Answers:
        """What the net answers."""
        return "class"

    @property
    def classes(self) -> int:
        """How many there are."""
        return self.outputs.shape[1]

    @property
    def judged(self) -> range:
        """The classes that are told from all others: of two, one is enough."""
        return range(self.classes) if self.classes > 2 else range(1, 2)

    def belong(self, k: int) -> NDArray[np.bool_]:
        """Which of the valid images are of a class."""
        found: NDArray[np.bool_] = self.labels[self.valid] == k
        return found

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """The outputs in float64."""
        return self.outputs.astype(np.float64)

    @cached_property
    def own(self) -> NDArray[np.float64]:
        """The output of each image's right class: (count, 1)."""
        return self.values[np.arange(len(self.labels)), self.labels][:, None]

    @cached_property
    def losses(self) -> NDArray[np.float64]:
        """Of the images: (count,)."""
        with np.errstate(divide="ignore"):
            found: NDArray[np.float64] = -self.own if self.logarithmic else -np.log(self.own)
        return found[:, 0]

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
    def by_class(self) -> Counts:
        """Of each class: the images of it, those that are taken for it, and those that are both;
        (3, classes), flat."""
        labels = self.labels[self.valid]
        parts = self.labels, self.predicted, labels[labels == self.predicted]
        return np.concatenate([np.bincount(part, minlength=self.classes) for part in parts])

    @property
    def summary(self) -> Counts:
        """How many images are right; of each class, how many are of it, and taken for it."""
        own, taken, _ = self.by_class.reshape(3, -1)
        return np.concatenate([[self.within(1)], own, taken])


@dataclass(frozen=True, eq=False)
class Numbers(Outcomes):
    """Of numbers: `outputs` (count, outputs) as the net gives them, `labels` (count, answers)."""

    unit: Unit | None = None

    @property
    def answers(self) -> Answers:
        """See Outcomes."""
        return "numbers"

    @property
    def known(self) -> Unit:
        """The unit."""
        assert self.unit is not None
        return self.unit

    @cached_property
    def losses(self) -> NDArray[np.float64]:
        """Of the loss of the training."""
        return self.known.losses(self.outputs, self.labels)

    @cached_property
    def points(self) -> NDArray[np.float64]:
        """What the net answers: (count, answers)."""
        return self.known.points(self.outputs)

    @cached_property
    def errors(self) -> NDArray[np.float64]:
        """In the largest deviation of the answers, so that they can be summed exactly whatever the
        unit: (count, answers)."""
        found: NDArray[np.float64] = (self.points - self.labels) / max(self.known.deviation)
        return found

    @property
    def summary(self) -> Counts:
        """What tells how much of the answers' variance the net explains."""
        return self.explained

    @cached_property
    def explained(self) -> Counts:
        """Of each answer the exact sums of squared errors, of answers and of their squares, all in
        its own deviation: (answers, 3, 3), flat."""
        right = self.known.standardized(self.labels)
        wrong = (self.points - self.labels) / np.array(self.known.deviation)
        parts = [
            exact_sum(values)
            for k in range(self.labels.shape[1])
            for values in (wrong[:, k] ** 2, right[:, k], right[:, k] ** 2)
        ]
        return np.concatenate(parts)


@dataclass(frozen=True, eq=False)
class YesOrNo(Numbers):
    """Of answers yes or no: `outputs` (count, questions) are the logarithms of odds, `labels`
    (count, questions) 1 or 0. A question is as a class that images are of, or not."""

    @property
    def answers(self) -> Answers:
        """See Outcomes."""
        return "yes or no"

    @property
    def asked(self) -> int:
        """How many answers there are."""
        return self.labels.size

    @property
    def judged(self) -> range:
        """All questions."""
        return range(self.classes)

    def belong(self, k: int) -> NDArray[np.bool_]:
        """Which of the valid images have a yes."""
        found: NDArray[np.bool_] = self.labels[self.valid, k] > 0
        return found

    @property
    def said(self) -> NDArray[np.bool_]:
        """Yes where it is likelier than no, of valid images."""
        found: NDArray[np.bool_] = self.outputs[self.valid] > 0
        return found

    @cached_property
    def by_class(self) -> Counts:
        """Of each question: the images with yes, those for which the net says it, and both."""
        right = self.labels[self.valid] > 0
        parts = self.labels > 0, self.said, self.said & right
        return np.concatenate([part.sum(axis=0) for part in parts]).astype(np.int64)

    @property
    def summary(self) -> Counts:
        """The answers that are right; of each question, how many have a yes."""
        right = (self.said == (self.labels[self.valid] > 0)).sum()
        return np.concatenate([[right], self.by_class[: self.classes]]).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Places(Numbers):
    """Of a class for each place: `outputs` (count, classes x places) are scores, `labels` (count,
    places) the right classes, below 0 where none counts."""

    @property
    def answers(self) -> Answers:
        """See Outcomes."""
        return "places"

    @property
    def classes(self) -> int:
        """Those that a place may have."""
        return self.known.classes

    @cached_property
    def counted(self) -> NDArray[np.bool_]:
        """The places of valid images that have a class."""
        found: NDArray[np.bool_] = self.labels[self.valid] >= 0
        return found

    @property
    def asked(self) -> int:
        """How many places have a class."""
        return int((self.labels >= 0).sum())

    @cached_property
    def said(self) -> NDArray[np.int64]:
        """The likeliest class of each place, of valid images: (count, places)."""
        outputs = self.outputs[self.valid]
        places = self.outputs.shape[1] // self.classes
        return outputs.reshape(len(outputs), self.classes, places).argmax(axis=1)

    @cached_property
    def by_class(self) -> Counts:
        """Of each class: its places, those that are taken for it, and those that are both."""
        right = self.labels[self.valid][self.counted].astype(np.int64)
        said = self.said[self.counted]
        parts = right, said, right[right == said]
        return np.concatenate([np.bincount(part, minlength=self.classes) for part in parts])

    @property
    def summary(self) -> Counts:
        """The places that are right, and those of each class."""
        own, _, right = self.by_class.reshape(3, -1)
        return np.concatenate([[right.sum()], own]).astype(np.int64)


def outcomes_of(
    outputs: NDArray[np.float32], labels: NDArray[Any], logarithmic: bool, unit: Unit | None
) -> Outcomes:
    """Of classes, or of the answers that have a `unit`."""
    if unit is None:
        return Outcomes(outputs, labels, logarithmic)
    return _KINDS[unit.answers](outputs, labels, unit=unit)


_KINDS: dict[Answers, type[Numbers]] = {
    "numbers": Numbers,
    "yes or no": YesOrNo,
    "places": Places,
}


def exact_sum(values: NDArray[np.float64]) -> Counts:
    """The sum's whole part, its fraction, and how many values are infinite or none: numbers that
    may be added to others'."""
    huge = ~(np.abs(values) < _HUGE)
    values = np.where(huge, 0.0, values)
    whole = np.floor(values)
    fraction = np.rint((values - whole) * _FRACTION).astype(np.int64)
    return np.array([whole.astype(np.int64).sum(), fraction.sum(), huge.sum()], np.int64)


def summed(counts: Counts) -> float:
    """What `exact_sum` has counted; infinite where a value is beyond all reason."""
    whole, fraction, huge = map(int, counts)
    return float("inf") if huge else whole + fraction / _FRACTION
