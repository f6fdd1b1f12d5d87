"""An evaluation as people read it, in at most 80 columns."""

from collections.abc import Iterator, Sequence
from typing import Any

from lenet.dsl.messages.clean import clean
from lenet.dsl.messages.diagnostics import cells
from lenet.dsl.metrics import metric_called, of_classes
from lenet.runtime.models.evaluation import Evaluation
from lenet.terminal.columns import elided, left, right

_WIDTH = 80
_LISTED = 20  # classes, of which those with the lowest f1 are shown where there are more
_MATRIX = 12  # classes whose mistakes are shown pair by pair
_NAME = 24  # columns of a class's name, or of a metric's
_WORST = "f1"  # by which


def evaluation_lines(found: Evaluation, data: str) -> Iterator[str]:
    """The metrics, a line for each class, and what the classes are taken for."""
    numbers = {name: value for name, value in found.items() if name != "count"}
    yield f"{found['count']:,} images of {clean(data)}"
    names = {name: elided(clean(name), 2 * _NAME) for name in numbers}
    width = max(map(cells, names.values()))
    for name, value in numbers.items():
        yield f"{left(names[name], width)} {metric_called(name).shown(value)}"
    if not found.classes:
        return
    yield ""
    yield from _class_lines(found.classes)
    if found.confusion is not None and len(found.classes) <= _MATRIX:
        rows = [*_matrix_lines([row["label"] for row in found.classes], found.confusion)]
        if max(map(cells, rows)) <= _WIDTH:  # counts of very many digits are not
            yield ""
            yield from rows


def _class_lines(classes: Sequence[dict[str, Any]]) -> Iterator[str]:
    shown = classes
    if len(classes) > _LISTED:
        shown = sorted(classes, key=lambda row: row[_WORST])[:_LISTED]  # of equal ones the first
        yield f"the {_LISTED} of {len(classes):,} classes with the lowest {_WORST}:"
    measured = [metric.name for metric in of_classes() if metric.name in classes[0]]
    heads = [classes[0].get("counted", "images"), *measured]
    names = [elided(_name(row["label"]), _NAME) for row in shown]
    width = max(map(cells, ["class", *names]))
    rows = [[f"{row['count']:,}", *(f"{row[head]:.2%}" for head in heads[1:])] for row in shown]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]

    def line(name: str, values: Sequence[str], taken_for: str) -> str:
        numbers = [right(value, size) for value, size in zip(values, widths, strict=True)]
        return "  ".join([left(name, width), *numbers, taken_for]).rstrip()

    room = _WIDTH - cells(line("", heads, "")) - 2
    yield line("class", heads, "mistaken for")
    for name, values, row in zip(names, rows, shown, strict=True):
        yield line(name, values, _mistake(row, room))


def _mistake(row: dict[str, Any], room: int) -> str:
    """What a class is most often taken for, and how often."""
    if row["taken_for"] is None:
        return ""
    count = f" ({row['taken_for_count']:,})"
    return elided(_name(row["taken_for"]), room - len(count)) + count


def _name(label: str) -> str:
    """A class's name as it is shown, also where there is nothing to be seen of it."""
    return clean(label) if label.strip() else f'"{clean(label)}"'


def _matrix_lines(labels: Sequence[str], counts: list[list[int]]) -> Iterator[str]:
    """Aligned, with the names shortened as far as it takes."""
    names = [_name(label) for label in labels]
    longest = max(map(cells, names))
    least = max(len(str(count)) for row in counts for count in row)
    head = "class"
    room = max(len(head), min(_NAME, _WIDTH - len(names) * (least + 2)))
    first = min(max(longest, len(head)), room)
    room = (_WIDTH - first) // len(names) - 2
    size = max(least, min(longest, room))
    yield "each row's images are taken for:"
    yield left(head, first) + "".join(f"  {right(elided(name, size), size)}" for name in names)
    for name, row in zip(names, counts, strict=True):
        shown = [str(count) if count else "·" for count in row]
        yield left(elided(name, first), first) + "".join(f"  {right(s, size)}" for s in shown)
