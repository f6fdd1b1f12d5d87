"""What is odd about the data, before a training trusts them."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lenet.dsl.answers import WRITTEN
from lenet.dsl.graph import Graph
from lenet.dsl.messages.clean import clean
from lenet.dsl.shapes import show
from lenet.runtime.class_names import with_number
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.target import Target
from lenet.runtime.events import DataCounted, Warned

if TYPE_CHECKING:
    from lenet.runtime.training.source import Source

_MOST = 0.9  # of the rows, in one class
_DIM = 16  # of 255, a largest byte that is hardly meant
_NAMED = 5  # classes that a message lists
_QUESTIONS = 100  # answers that are looked at one by one
_FAR = 1e4  # deviations, from 0 to the mean


def class_names(graph: Graph, source: "Source") -> tuple[str, ...]:
    """One for each output. Labels that are only numbers keep them: with `label from 1` the first
    class is called 1."""
    known = source.classes
    if graph.answers != "class":
        return known
    first = graph.data.first if graph.data is not None and not known else 0
    return known + tuple(str(k + first) for k in range(len(known), graph.output[0]))


def check_labels(graph: Graph, source: "Source") -> None:
    """DataError where the labels do not fit the net's output, with what mends the cause."""
    if graph.answers != "class":
        return _check_answers(graph, source)
    outputs = graph.output[0] if len(graph.output) == 1 else 0
    if not outputs:
        raise DataError(
            f"the net's output is the map {show(graph.output)}, but {source.name} has classes",
            "The output has one value for each class.",
            "end the net with `flatten` and a linear layer",
        )
    if source.classes:
        if source.largest >= len(source.classes):
            raise DataError(
                f"{source.name} has a label {source.largest}",
                f"There are {len(source.classes)} classes, and labels count from 0.",
            )
        # The names of IDX files' classes are only counted from their labels: some may not occur.
        counted = tuple(str(k) for k in range(len(source.classes))) == source.classes
        if outputs < len(source.classes) or (outputs > len(source.classes) and not counted):
            _refuse(graph, source)
    elif source.largest >= outputs:
        _refuse(graph, source)


def _check_answers(graph: Graph, source: "Source") -> None:
    """DataError where the net has other answers than the data."""
    wanted = Target.of(graph).count
    if source.answers != wanted:
        found = f"{source.answers} a row" if source.answers else "classes"
        raise DataError(
            f"the net answers with {WRITTEN[graph.answers]}, {wanted} a row, but the answers of "
            f"{source.name} are {found}"
        )
    if not any(source.counted[0].of_answers()[1]):
        title = f"all rows of {source.name} to train with have the same answer"
        raise DataError(title, "So there is nothing to learn.", "give rows with other answers")


def check_metrics(graph: Graph, source: "Source") -> None:
    """LenetError where a metric names a class that there is not."""
    for use in graph.train.measured if graph.train is not None else ():
        with_number(use, class_names(graph, source))


def _refuse(graph: Graph, source: "Source") -> None:
    """The net's output has not as many values as there are classes."""
    outputs = graph.output[0]
    train, held_out = source.counted
    present = sorted(train.labels.keys() | held_out.keys())
    named = source.classes and source.classes != tuple(map(str, range(len(source.classes))))
    number = len(source.classes) if named else source.largest + 1
    title = f"the net's output is {outputs}, but {source.name} has {number:,} classes"
    least, most = present[0], present[-1]
    widen = "" if len(present) == outputs else f", and make the last layer `linear {len(present)}`"
    if named or most - least + 1 == len(present) and least == 0:
        raise DataError(title, "", f"make the last layer `linear {number}`")
    if most - least + 1 == len(present):
        title = f"the labels of {source.name} go from {least} to {most:,}"
        detail = f"Labels count from 0, and so do the net's {outputs} outputs."
        where = _section(graph)
        fix = f"write `{_label(graph)} from {least}` {where}, which subtracts {least}{widen}"
        raise DataError(title, detail, fix)
    if len(present) <= outputs or len(present) * 2 < number:
        shown = ", ".join(f"{label:,}" for label in present[:_NAMED])
        shown += ", …" if len(present) > _NAMED else ""
        title = f"the labels of {source.name} have gaps: {shown}"
        detail = f"They are {len(present):,} classes, but their numbers go up to {most:,}."
        line = f"`{_label(graph)} distinct` {_section(graph)}"
        fix = f"write {line}: each is a class of its own{widen}"
        raise DataError(title, detail, fix)
    raise DataError(title, "", f"make the last layer `linear {number}`")


def _label(graph: Graph) -> str:
    """The line `label` as it stands in the file, where it names a column."""
    named = graph.data is not None and graph.data.label != "label"
    return f'label "{graph.data.label}"' if named and graph.data is not None else "label"


def _section(graph: Graph) -> str:
    """Where a line of the data section is to be written."""
    return "in the data section" if graph.data is not None else "below a line `data frame`"


def summary(graph: Graph, source: "Source") -> DataCounted:
    """The facts about the data."""
    train, held_out = source.counted
    names, scale = class_names(graph, source), source.scale

    def by_class(labels: dict[int, int]) -> dict[str, int]:
        return {names[label]: labels[label] for label in sorted(labels)}

    mean, deviation = train.of_answers()
    answers = (
        {
            name: {"mean": m, "deviation": d}
            for name, m, d in zip(names if train.answers else (), mean, deviation, strict=True)
        }
        if graph.answers != "places" and not graph.gives_images
        else {}
    )
    return DataCounted(
        name=source.name,
        rows=source.rows,
        held_out=source.held_out,
        classes=by_class(train.labels),
        held_out_classes=by_class(held_out),
        least=train.least * scale,
        most=train.most * scale,
        mean=train.mean(scale),
        constant=train.constant,
        left_out=len(source.left_out),
        answers=answers,
        encoded=source.encoded.encoded if source.encoded is not None else "",
        what=what_are(graph, source),
    )


def what_are(graph: Graph, source: "Source") -> str:
    """What a training learns from, in a word."""
    if source.features is None:
        return "images"
    return "windows" if graph.data is not None and graph.data.series is not None else "rows"


def odd_things(graph: Graph, source: "Source") -> Iterator[Warned]:
    """What a user is to be told of before the training starts."""
    train, _ = source.counted
    name = source.name
    if source.left_out:
        count = len(source.left_out)
        verb = "is" if count == 1 else "are"
        if source.features is not None:
            text = f"{count:,} {what_are(graph, source)} of {name} {verb} left out; "
        else:
            what = "1 picture" if count == 1 else f"{count:,} pictures"
            text = f"{what} of {name} cannot be read and {verb} left out; "
        yield Warned(f"{text}the first is {source.left_out[0]}")
    if graph.answers == "class":
        yield from _odd_labels(graph, source)
    else:
        yield from _odd_answers(graph, source)
    whole = source.dtype == "uint8" and math.isclose(source.scale, 1 / 255)
    if whole and train.most <= _DIM:
        text = f"the values of {name} are whole numbers up to {train.most:g}, as bytes"
        yield Warned(text, "of bytes, 255 stands for 1: if another number shall, give floats")
    if train.constant and source.features is None:
        share = f"{train.constant:,} of {train.rows:,} images of {name}"
        yield Warned(
            f"{share} have a single value in all their pixels", "are they meant to be there?"
        )
    if source.dtype == "float32" and 1.5 < train.most <= 255 and train.least >= 0 \
            and train.most > 20:  # fmt: skip
        data = graph.data
        if data is None or not data.normalize or data.mean:
            fix = f"give bytes (uint8), divide by 255, or write `normalize` {_section(graph)}"
            yield Warned(
                f"the values of {name} go up to {train.most:g}, as those of bytes do, but they are "
                "floats, which are taken as they are", fix,
            )  # fmt: skip


def _odd_answers(graph: Graph, source: "Source") -> Iterator[Warned]:
    train, _ = source.counted
    if graph.answers == "places" or graph.gives_images:
        return
    names, (mean, deviation) = class_names(graph, source), train.of_answers()
    for name, m, d in zip(names, mean, deviation, strict=True):
        if len(names) > _QUESTIONS:  # those of places are often all alike
            return
        if d == 0:
            text = f"the answer {clean(name)} is {m:g} in all rows of {source.name} to train with"
            yield Warned(text, "give rows with other answers, or leave it out")
        elif graph.answers == "yes or no" and not 1 - _MOST < m < _MOST:
            often, share = ("yes", m) if m > 0.5 else ("no", 1 - m)
            text = f"{share:.1%} of the answers {clean(name)} of {source.name} are {often}"
            yield Warned(text, f"compare accuracy with {share:.1%}, and look at f1 or auc")
        elif graph.answers == "numbers" and abs(m) > _FAR * d:
            text = f"the answers {clean(name)} of {source.name} hardly vary: {m:g} ± {d:.2g}"
            yield Warned(text, "is this the column that is meant?")


def _alike(source: "Source") -> Iterator[Warned]:
    """Classes that are called the same, but for capitals and spaces. Letters are classes of their
    own, small and large."""
    found: dict[str, list[str]] = {}
    for name in source.classes:
        words = " ".join(name.split())
        found.setdefault(words.casefold() if len(words) > 1 else words, []).append(name)
    several = [names for names in found.values() if len(names) > 1]
    if several:
        shown = " and ".join(f'"{clean(name)}"' for name in several[0])
        more = f", and {len(several) - 1:,} more such" if len(several) > 1 else ""
        text = f"classes of {source.name} differ in capitals and spaces only: {shown}{more}"
        fix = "if they are one, write them alike there, and make the last layer "
        yield Warned(text, f"{fix}`linear {len(found)}`")


def _odd_labels(graph: Graph, source: "Source") -> Iterator[Warned]:
    train, _ = source.counted
    labels, outputs = train.labels, graph.output[0]
    names = class_names(graph, source)
    biggest = max(labels, key=lambda label: labels[label])
    yield from _alike(source)
    if len(labels) == 1:
        text = f"all images of {source.name} to train with are of one class, {names[biggest]}"
        yield Warned(text, "there is nothing to learn: give images of other classes as well")
    elif labels[biggest] >= _MOST * train.rows:
        share = labels[biggest] / train.rows
        text = f"{share:.1%} of the images of {source.name} are of one class, {names[biggest]}"
        yield Warned(text, f"compare top1 with {share:.1%}, and give more images of the others")
    least, most = min(labels), max(labels)
    contiguous = most - least + 1 == len(labels)
    if not source.classes and least > 0 and contiguous and len(labels) > 1:
        text = f"the labels of {source.name} go from {least} to {most}: 0 never occurs"
        line = f"`{_label(graph)} from {least}` {_section(graph)}"
        fix = f"if they count from {least}, write {line}"
        yield Warned(f"{text}", f"{fix}, and end the net in {len(labels)} outputs")
        return
    limit = len(source.classes) or most + 1
    if outputs > limit and len(labels) > 1:
        text = f"the net has {outputs} outputs, but {source.name} has {limit} classes"
        yield Warned(text, f"make the last layer `linear {limit}`, unless others are still to come")
    missing = [names[k] for k in range(min(limit, outputs)) if k not in labels]
    if missing:
        shown = ", ".join(missing[:_NAMED]) + (", …" if len(missing) > _NAMED else "")
        what = "the class" if len(missing) == 1 else f"{len(missing):,} classes:"
        have = "has" if len(missing) == 1 else "have"
        fix = "give images of it" if len(missing) == 1 else "give images of them"
        if not source.classes and len(labels) * 2 < limit:
            line = f"`{_label(graph)} distinct` {_section(graph)}"
            fix = f"if the labels are no numbers from 0, write {line}"
        yield Warned(f"{what} {shown} {have} no images to train with", fix)
