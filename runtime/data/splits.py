"""Which rows of a table are held out."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lenet.dsl.columns import Split
from lenet.dsl.messages.clean import clean
from lenet.dsl.sections.data import Data
from lenet.runtime.data.dataset import DataError, chosen_rows
from lenet.runtime.data.features import column_of
from lenet.runtime.inputs.lists import texts_of
from lenet.runtime.random_streams import of_held_out

Marks = NDArray[np.bool_]


def held_out(table: pa.Table, section: Data, seed: int) -> Marks | None:
    """A mark for each row that validates; None where the section holds none out. DataError where
    that leaves nothing to train with, or to validate with."""
    total, split = table.num_rows, section.split
    if not section.holds_out:
        return None
    if split is None or (split.how == "percent" and not split.column):
        marks = np.zeros(total, bool)
        marks[chosen_rows(total, section.held_of(total), seed)] = True
        return marks
    marks = _marked(table, split, seed)
    if marks.all() or not marks.any():
        lacking = "to train with" if marks.all() else "to validate with"
        raise DataError(f"the line `validate` leaves no rows {lacking}", _why(split))
    return marks


def _marked(table: pa.Table, split: Split, seed: int) -> Marks:
    total = table.num_rows
    if split.how == "end":
        return np.arange(total) >= total - max(1, round(total * split.percent / 100))
    texts, numbers = texts_of(column_of(table, split.column))
    if split.how == "where":
        wanted = [place for place, text in enumerate(texts) if text == split.value]
        return np.isin(numbers, wanted)
    if split.how == "newest":
        raise DataError(
            "`validate newest of` is for rows of `liked`", "", "write `validate last …`"
        )
    return _by_groups(texts, numbers, split, seed)


def _by_groups(
    texts: list[str | None], numbers: NDArray[np.int64], split: Split, seed: int
) -> Marks:
    """Whole groups by chance, until they have as many rows as asked for: the order of the rows does
    not matter."""
    groups = sorted({texts[n] or "" for n in np.unique(numbers).tolist()})
    order = np.argsort(of_held_out(seed).random_raw(len(groups)), kind="stable")
    place = {text: rank for text, rank in zip((groups[k] for k in order), range(len(groups)),
                                              strict=True)}  # fmt: skip
    ranks = np.array([place.get(text or "", -1) for text in texts])
    own = ranks[numbers]
    sizes = np.bincount(own, minlength=len(groups))
    wanted = len(numbers) * split.percent / 100
    count = int(np.searchsorted(np.cumsum(sizes), wanted)) + 1
    return own < min(count, len(groups) - 1)


def _why(split: Split) -> str:
    if split.how == "where":
        return f"No row, or every row, has {clean(split.value)} in {clean(split.column)}."
    return f"The column {clean(split.column)} has one value." if split.column else ""


def as_rows(marks: Marks) -> tuple[NDArray[Any], NDArray[Any]]:
    """The rows to train with, and those to validate with."""
    return np.flatnonzero(~marks), np.flatnonzero(marks)
