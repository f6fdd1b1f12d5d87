"""What `lenet data show` shows of the images of a file: counts, values, and a contact sheet."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.dsl.messages.clean import clean
from lenet.dsl.shapes import show
from lenet.runtime.contact_sheet import Row, contact_sheet, is_vector, pictures_of, row_length
from lenet.runtime.data.counts import Counts
from lenet.runtime.data.dataset import Dataset
from lenet.runtime.events import Warned
from lenet.runtime.look import odd_things
from lenet.runtime.samples import Samples, samples_of
from lenet.runtime.training.source import InMemory, check_source
from lenet.shown_groups import Group, groups_of
from lenet.terminal.table import table

MOST_ROWS = 20  # classes of a sheet
_MOST_LINES = 100  # classes of a table
_ALONE, _BESIDE = 12, 4  # images of a class, and of a group where there are several
_EPOCHS = 3
_NAME = 40  # columns
_BEYOND = 0x250  # the Latin letters, which the font of the sheet has


@dataclass(frozen=True, eq=False)
class ShownData:
    """The images of a file's data section, which a training would get; `warnings` are what is odd
    about them, or why the training would refuse them."""

    graph: Graph
    dataset: Dataset
    counts: Counts
    warnings: tuple[Warned, ...]

    @classmethod
    def of(cls, graph: Graph, dataset: Dataset) -> "ShownData":
        """LenetError where the images do not fit each other."""
        source = InMemory.of(dataset)
        counts, _ = source.counted
        try:
            check_source(graph, source)
            odd = tuple(odd_things(graph, source))
        except LenetError as error:
            odd = (Warned(f"a training would refuse these data: {error.title}", error.fix),)
        return cls(graph, dataset, counts, odd)

    @cached_property
    def groups(self) -> list[Group]:
        """Of the images to train with, and those to validate with."""
        return groups_of(self.graph, self.dataset)

    def channels(self) -> Iterator[dict[str, float]]:
        """Mean, deviation, least and largest value of each, of the images to train with."""
        pixels, scale = self.dataset.train.pixels, self.dataset.scale
        moments = self.counts.moments(scale)
        for number, (mean, deviation) in enumerate(zip(*moments, strict=True)):
            if pixels.dtype == np.uint8:  # of which each is counted
                own = np.flatnonzero(self.counts.channels[number])
            else:
                assert isinstance(pixels, np.ndarray)
                own = pixels[:, number]
            yield {
                "mean": mean, "deviation": deviation,
                "least": float(own.min()) * scale, "most": float(own.max()) * scale,
            }  # fmt: skip

    def facts(self) -> dict[str, Any]:
        """What --json prints, beside the names of files."""
        return {
            "name": self.dataset.name,
            "shape": list(self.dataset.shape),
            "dtype": str(self.dataset.train.pixels.dtype),
            "train": self.counts.rows,
            "validation": 0 if self.dataset.test is None else len(self.dataset.test),
            "channels": list(self.channels()),
            **self._answers(),
            "shown_classes": min(MOST_ROWS, len(self.groups)),
        }

    def _answers(self) -> dict[str, Any]:
        """The classes, those of which images have places, or what else these are answered with."""
        graph, of_classes = self.graph, self.dataset.train.of_classes
        if of_classes or graph.answers == "places" or graph.gives_images:
            classes = [
                {
                    "class": g.number,
                    "label": g.name,
                    "train": len(g.train),
                    "validation": g.held_out,
                }
                for g in self.groups
            ]
            return {"classes": classes}
        labels, moments = self.dataset.train.labels, zip(*self.counts.of_answers(), strict=True)
        answers = [
            {"answer": name, "mean": mean, "deviation": deviation, "least": float(own.min()),
             "most": float(own.max())}
            for name, own, (mean, deviation) in zip(
                self.dataset.classes, labels.T, moments, strict=True
            )
        ]  # fmt: skip
        return {"classes": [], "answers": answers}


def data_text(shown: ShownData) -> str:
    """The tables of channels and classes, at most 80 columns wide."""
    facts = shown.facts()
    kind = "bytes" if facts["dtype"] == "uint8" else "floats"
    lines = [
        f"{clean(facts['name'])[:_NAME]}: {facts['train']:,} images to train with, "
        f"{facts['validation']:,} to validate",
        f"images of {show(facts['shape'])}, {kind}; the values of those to train with:",
        "",
    ]
    channels = [
        (str(k), *(f"{c[name]:.4g}" for name in ("mean", "deviation", "least", "most")))
        for k, c in enumerate(facts["channels"])
    ]
    lines += table([("channel", "mean", "deviation", "least", "most"), *channels], left=0)
    lines += ["", *_answer_lines(facts)]
    if remarks := list(_of_the_sheet(shown)):
        lines += ["", *remarks]
    return "\n".join(lines) + "\n"


def _answer_lines(facts: dict[str, Any]) -> Iterator[str]:
    """A table of the classes, or of other answers."""
    if "answers" in facts:
        heads = ("mean", "deviation", "least", "most")
        rows = [(_cut(a["answer"]), *(f"{a[h]:.4g}" for h in heads)) for a in facts["answers"]]
        yield from table([("answer", *heads), *rows[:_MOST_LINES]])
    else:
        rows = [
            (_cut(c["label"]), f"{c['train']:,}", f"{c['validation']:,}") for c in facts["classes"]
        ]
        yield from table([("class", "to train", "to validate"), *rows[:_MOST_LINES]])
    if len(rows) > _MOST_LINES:
        what = "answers" if "answers" in facts else "classes"
        yield f"{len(rows) - _MOST_LINES:,} more {what} are not shown; --json has all"


def _cut(name: str) -> str:
    text = clean(name)
    return text if len(text) <= _NAME else text[: _NAME - 1] + "…"


def _of_the_sheet(shown: ShownData) -> Iterator[str]:
    """What is to be known of it that it does not show."""
    count, shape = len(shown.groups), shown.dataset.shape
    if count > MOST_ROWS:
        yield f"the sheet has the first {MOST_ROWS} of {count:,} {_what(shown)}"
    if is_vector(shape):
        yield f"vectors are drawn row by row, {row_length(shape[2])} values wide"
    if shape[0] not in (1, 3):
        yield f"of {shape[0]} channels, the sheet shows the mean"
    least, most = _range(shown)
    if (least, most) != (0.0, 1.0) and least < most:
        yield f"on the sheet, black is {least:.4g} and white is {most:.4g}"


def _range(shown: ShownData) -> tuple[float, float]:
    """The values that are black and white: 0 and 1, where all lie between these."""
    least, most = (v * shown.dataset.scale for v in (shown.counts.least, shown.counts.most))
    return (0.0, 1.0) if least >= 0 and most <= 1 else (least, most)


def data_sheet(shown: ShownData, title: str, seed: int) -> bytes:
    """A PNG with some images of each class; where the file says `augment`, also as the first epochs
    have them."""
    augmented = shown.graph.augment is not None
    groups, count = shown.groups[:MOST_ROWS], _BESIDE if augmented else _ALONE
    rows_of = {number: group.train for number, group in enumerate(groups)}
    given = shown.graph, shown.dataset.train, rows_of
    found = samples_of(*given, count, _EPOCHS, seed, 1 / shown.dataset.scale)
    heads = ["as they are"]
    if augmented:
        heads += [f"in epoch {k}" for k in range(1, _EPOCHS + 1)]
    rows = [_row(shown, samples) for samples in found]
    first = f", the first {len(groups)}" if len(groups) < len(shown.groups) else ""
    words = (
        f"{clean(shown.dataset.name)[:_NAME]}: {shown.counts.rows:,} images to train with, "
        f"{show(shown.dataset.shape)}, {len(shown.groups):,} {_what(shown)}{first}"
    )
    return contact_sheet(title, words, heads, count, rows)


def _what(shown: ShownData) -> str:
    return "classes" if shown.dataset.train.of_classes else "groups"


def _row(shown: ShownData, samples: Samples) -> Row:
    least, most = (value / shown.dataset.scale for value in _range(shown))
    group = shown.groups[samples.group]
    images = len(group.train)
    groups = [pictures_of(group, least, most) for group in (samples.bare, *samples.epochs)]
    return Row(group.name, f"{images:,} image{'' if images == 1 else 's'}", groups)
