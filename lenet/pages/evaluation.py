"""An evaluation for notebooks: metrics, a line for each class, the confusion matrix."""

import numpy as np

from lenet.dsl.messages.clean import escape
from lenet.pages.pages import page, row_of, table_of
from lenet.pages.report.answers import MATRIX, class_rows, metric_rows, most_frequent, name_of
from lenet.runtime.models.evaluation import Evaluation

_MARK = "47,129,214"  # a blue that is seen on white and on black
_HEADS = 12  # letters of a class's name above a column


def evaluation_page(found: Evaluation) -> str:
    """All of it; of many classes, those with the lowest f1."""
    rows = [row_of(row, ("left", "right")) for row in metric_rows(found)]
    parts = [table_of(rows)]
    if found.classes:
        caption, heads, lines = class_rows(found.classes)
        sides = ("left", *["right"] * (len(heads) - 2), "left")
        top = row_of(heads, sides, "th")
        parts.append(table_of([top, *(row_of(line, sides) for line in lines)], caption))
    if found.confusion is not None:
        parts.append(_confusion(np.array(found.confusion), found))
    return page(f"{found['count']:,} evaluated", *parts)


def _confusion(counts: np.ndarray, found: Evaluation) -> str:
    names = [name_of(row["label"]) for row in found.classes]
    words = (
        f'<div style="font-size:12px;margin:4px 10px">{escape(most_frequent(counts, names))}</div>'
    )
    if len(names) > MATRIX:
        return words
    totals = np.maximum(counts.sum(axis=1), 1)
    sides = ["left", *["right"] * len(names)]
    rows = [row_of(["class", *(name[:_HEADS] for name in names)], sides, "th")]
    for k, name in enumerate(names):
        cells = "".join(
            f'<td style="padding:2px 8px;text-align:right;{_shade(count / totals[k])}">'
            f"{count or '·'}</td>"
            for count in counts[k].tolist()
        )
        rows.append(
            f'<tr><th style="padding:2px 10px;text-align:left">{escape(name)}</th>{cells}</tr>'
        )
    caption = "each row's images, by the class (column) that they are taken for"
    return table_of(rows, caption) + words


def _shade(part: float) -> str:
    """A cell's ground by a share from 0 to 1."""
    return f"background:rgba({_MARK},{0.7 * min(1.0, part) ** 0.5:.2f})" if part else ""
