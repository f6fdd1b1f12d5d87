"""What a model says of held-out images: metrics, the table of classes, confusion, residuals."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from lenet.dsl.messages.clean import clean, escape
from lenet.dsl.metrics import metric_called, of_classes
from lenet.pages.plot import Curve, linear, plot
from lenet.pages.report.frame import paragraph, scrolled, shade, table
from lenet.reported import Judged
from lenet.runtime.metrics.outcomes import Numbers, Places, YesOrNo
from lenet.runtime.models.evaluation import Evaluation

MATRIX = 40  # classes whose pairs fit a page
_PAIRS = 12  # that are listed
_ROWS = 200  # of the table of classes
_PLOTTED = 4  # answers
_POINTS = 600  # of a plot
_NAME = 40


def answers_section(judged: Judged) -> str:
    """All of it."""
    of = f"{len(judged.rows):,} held-out {judged.what} of {clean(judged.name)}"
    if len(judged.rows) < judged.held_out:
        of += f", evenly spread among {judged.held_out:,}"
    parts = [_metrics(judged, of)]
    outcomes = judged.outcomes
    if judged.found.classes:
        parts.append(_classes(judged.found.classes))
    if judged.found.confusion is not None:
        parts.append(_confusion(judged))
    if isinstance(outcomes, Numbers) and not isinstance(outcomes, YesOrNo | Places):
        parts.append(_residuals(judged))
    return "".join(parts)


def _metrics(judged: Judged, of: str) -> str:
    return table(of, ("metric", "value"), metric_rows(judged.found), numbers=(1,))


def metric_rows(found: Evaluation) -> list[tuple[str, str]]:
    """The metrics that are numbers, as they are shown."""
    return [
        (clean(name), metric_called(name).shown(value))
        for name, value in found.items()
        if name != "count"
    ]


def _classes(classes: Sequence[dict[str, Any]]) -> str:
    caption, heads, rows = class_rows(classes)
    return "<h3>Classes</h3>" + table(caption, heads, rows, range(1, len(heads) - 1))


def class_rows(classes: Sequence[dict[str, Any]]) -> tuple[str, list[str], list[Sequence[str]]]:
    """A caption, the heads of the columns, of which all but the first and the last are numbers, and
    a row for each class, or for those with the lowest f1 where they are many."""
    measured = [metric.name for metric in of_classes() if metric.name in classes[0]]
    counted = classes[0].get("counted", "images")
    rows = sorted(classes, key=lambda row: row["f1"]) if len(classes) > _ROWS else list(classes)
    cells: list[Sequence[str]] = [
        (
            name_of(row["label"]), f"{row['count']:,}", *(f"{row[m]:.2%}" for m in measured),
            _mistaken(row),
        )
        for row in rows[:_ROWS]
    ]  # fmt: skip
    caption = "each class"
    if len(classes) > _ROWS:
        caption = f"the {_ROWS} of {len(classes):,} classes with the lowest f1"
    return caption, ["class", counted, *measured, "most often mistaken for"], cells


def _mistaken(row: dict[str, Any]) -> str:
    if row.get("taken_for") is None:
        return ""
    return f"{name_of(row['taken_for'])} ({row['taken_for_count']:,})"


def name_of(label: str) -> str:
    """A class's name as it is shown, also where there is nothing to be seen of it."""
    words = clean(label)[:_NAME]
    return words if label.strip() else f'"{words}"'


def _confusion(judged: Judged) -> str:
    names = [name_of(row["label"]) for row in judged.found.classes]
    counts = np.array(judged.found.confusion)
    pairs = paragraph(most_frequent(counts, names))
    if len(names) > MATRIX:
        return f"<h3>Confusion</h3>{pairs}"
    top = "".join(f'<th scope="col" class="n">{escape(name[:12])}</th>' for name in names)
    totals = np.maximum(counts.sum(axis=1), 1)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(
            f'<td class="n" style="{shade(count / totals[k])}">{count or "·"}</td>'
            for count in counts[k]
        )
        + "</tr>"
        for k, name in enumerate(names)
    )
    caption = "each row's images, by the class (column) that they are taken for"
    matrix = (
        f'<table class="matrix"><caption>{caption}</caption><thead><tr><th scope="col">class</th>'
        f"{top}</tr></thead><tbody>{body}</tbody></table>"
    )
    return f"<h3>Confusion</h3>{scrolled('confusion matrix', matrix)}{pairs}"


def most_frequent(counts: np.ndarray, names: Sequence[str]) -> str:
    """A sentence on which classes are most often taken for which."""
    pairs = list(_pairs(counts, names))
    if not pairs:
        return "There is no mistake among them."
    return f"Most frequent mistakes: {', '.join(pairs)}."


def _pairs(counts: np.ndarray, names: Sequence[str]) -> Iterator[str]:
    wrong = counts - np.diag(np.diag(counts))
    for place in np.argsort(-wrong, axis=None, kind="stable")[:_PAIRS]:
        own, said = divmod(int(place), len(names))
        if wrong[own, said]:
            yield f"{names[own]} for {names[said]} ({wrong[own, said]:,})"


def _residuals(judged: Judged) -> str:
    """Predicted against true, an answer a plot."""
    outcomes = judged.outcomes
    assert isinstance(outcomes, Numbers)
    right, said = outcomes.labels.astype(np.float64), outcomes.points
    names = [clean(name)[:_NAME] for name in answer_names(judged)]
    if judged.map:  # whose places tell nothing one by one
        right, said, names = right.reshape(-1, 1), said.reshape(-1, 1), ["all places"]
    if outcomes.known.log:
        names = [f"log of {name}" for name in names]
    count = right.shape[1]
    step = max(1, len(right) // _POINTS)
    plots = []
    for k in range(min(count, _PLOTTED)):
        true, found = right[::step, k], said[::step, k]
        sound = np.isfinite(found) & (np.abs(found) < 1e30) & (np.abs(true) < 1e30)
        true, found = true[sound], found[sound]
        if not len(true):
            continue
        across, up = linear("true", true.tolist()), linear("predicted", [*found, *true])
        low, high = max(across.low, up.low), min(across.high, up.high)
        points = list(zip(true.tolist(), found.tolist(), strict=True))
        curves = [
            Curve("predicted", points, dots=True),
            Curve("where both are equal", [(low, low), (high, high)], faint=True),
        ]
        plots.append(plot(f"{names[k]}: predicted against true", across, up, curves))
    rest = paragraph(f"The first {_PLOTTED} of {count:,} answers.") if count > _PLOTTED else ""
    return f'<h3>Residuals</h3><div class="row">{"".join(plots)}</div>{rest}'


def answer_names(judged: Judged) -> Sequence[str]:
    """Of answers that are no classes, in the order of the labels' columns."""
    labels = judged.outcomes.labels
    names = judged.classes
    return (
        names
        if len(names) == labels.shape[1]
        else [f"answer {k + 1}" for k in range(labels.shape[1])]
    )
