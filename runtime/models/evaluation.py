"""What a model's answers to labelled images are worth."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lenet.dsl.metrics import Metric, metric_called, of_classes
from lenet.dsl.vocabulary import Use, carried_out
from lenet.runtime.metrics import measure
from lenet.runtime.metrics.outcomes import Outcomes
from lenet.runtime.shown import Shown

_QUESTIONS = 100  # of which each has a line: those of a mask's places tell nothing one by one


class Evaluation(Shown, dict[str, Any]):
    """A dict of `count`, the number of images, and of the metrics that are numbers, by their names.

    `classes` has a dict for each class, in their order, or for each question that is answered with
    yes or no; none where answers are numbers, or of a mask's places each yes or no. It has its
    `label`; `count`, its images, or its places, which `counted` tells then; `precision`, `recall`
    and `f1` from 0 to 1, 0 where there is nothing to divide by; and `taken_for`, the label of the
    other class that its images are most often taken for, of several the first, with
    `taken_for_count`, how many of them are; None and 0 where all are right.
    `tables` are the metrics that are tables, by their names, as lists of rows.
    """

    def __init__(
        self,
        numbers: Mapping[str, Any],
        classes: list[dict[str, Any]],
        tables: Mapping[str, list[list[int]]],
    ) -> None:
        super().__init__(numbers)
        self.classes = classes
        self.tables = dict(tables)

    def __reduce__(self) -> tuple[Any, ...]:
        return Evaluation, (dict(self), self.classes, self.tables)

    @property
    def confusion(self) -> list[list[int]] | None:
        """Of each class, in a row, how many of its images are taken for each class; None for nets
        of so many classes that it is not measured."""
        return self.tables.get("confusion")

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {**self, "classes": self.classes, **self.tables}


def evaluated(outcomes: Outcomes, names: Sequence[str], metrics: Sequence[Use]) -> Evaluation:
    """All metrics that fit, and `metrics`; `names` are the classes', or those of the answers."""
    found = measure(outcomes, metrics, names)
    tables = {name: value for name, value in found.items() if metric_called(name).table}
    numbers = {name: value for name, value in found.items() if name not in tables}
    told = outcomes.answers == "class" or outcomes.classes <= _QUESTIONS
    classes = _by_class(outcomes, names) if told and outcomes.answers != "numbers" else []
    return Evaluation({"count": len(outcomes.labels), **numbers}, classes, tables)


def _by_class(outcomes: Outcomes, names: Sequence[str]) -> list[dict[str, Any]]:
    own = outcomes.by_class[: len(names)]
    mistakes = _mistakes(outcomes) if outcomes.answers == "class" else {}
    fitting = [entry for entry in of_classes() if outcomes.answers in entry.answers]
    scores = {entry.name: _of_each(entry, outcomes) for entry in fitting}
    found = []
    for k, name in enumerate(names):
        other, count = mistakes.get(k, (None, 0))
        row = {"label": name, "count": int(own[k])}
        row |= {metric: values[k] for metric, values in scores.items()}
        row["taken_for"] = None if other is None else names[other]
        if outcomes.answers == "places":
            row["counted"] = "places"
        found.append({**row, "taken_for_count": count})
    return found


def _of_each(entry: Metric, outcomes: Outcomes) -> list[float]:
    """A metric of each class."""
    module, images = carried_out("lenet.runtime.metrics", entry.name), len(outcomes.labels)
    uses = [entry.use(of=k) for k in range(outcomes.classes)]
    counts = module.count(uses[0], outcomes)
    return [module.value(use, counts, images) or 0.0 for use in uses]


def _mistakes(outcomes: Outcomes) -> dict[int, tuple[int, int]]:
    """By class: the other class that its images are most often taken for, and how many are. Where
    classes are many, a matrix of all pairs would be large."""
    labels, predicted = outcomes.labels[outcomes.valid].astype(np.int64), outcomes.predicted
    pairs = labels * outcomes.classes + predicted
    found: dict[int, tuple[int, int]] = {}
    for pair, count in zip(*np.unique(pairs[labels != predicted], return_counts=True), strict=True):
        label, other = divmod(int(pair), outcomes.classes)
        if count > found.get(label, (0, 0))[1]:
            found[label] = other, int(count)
    return found
