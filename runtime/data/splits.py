"""Which rows are held out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lenet.dsl.columns import Split
from lenet.dsl.messages.clean import clean
from lenet.dsl.sections.data import Data
from lenet.runtime.data.dataset import DataError, Dataset, chosen_rows
from lenet.runtime.data.features import column_of
from lenet.runtime.inputs.lists import texts_of
from lenet.runtime.random_streams import of_held_out

Marks = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Parted:
    """Of rows in an order, those that are `held_out`, ascending; those from `end` on are neither
    validated nor learnt from."""

    held_out: NDArray[np.int64]
    end: int

    def holds_out(self, rows: NDArray[np.int64]) -> Marks:
        """Which of these rows are held out."""
        places = np.searchsorted(self.held_out, rows)
        found: Marks = self.held_out[np.minimum(places, len(self.held_out) - 1)] == rows
        return found

    @property
    def kept(self) -> NDArray[np.int64]:
        """The rows to train with."""
        return np.setdiff1d(np.arange(self.end), self.held_out)


def parted(section: Data, total: int, seed: int) -> Parted:
    """How so many rows are parted, where no column tells it: by chance, or in their order.
    DataError where that leaves nothing to train with, or to validate with."""
    split = section.split
    if split is None:
        return Parted(_by_chance(total, section.validate, seed), total)
    if split.how == "period":
        edges = period(total, split)
        if not 0 < edges[0] < edges[1]:
            raise _too_few(total, split, split.folds + 1)
        return Parted(np.arange(*edges), edges[1])
    if split.how == "fold":
        if split.folds > total:
            raise _too_few(total, split, split.folds)
        order = np.argsort(of_held_out(seed).random_raw(total), kind="stable")
        return Parted(np.sort(np.array_split(order, split.folds)[split.fold - 1]), total)
    count = max(1, round(total * split.percent / 100))
    if split.how == "end":
        return Parted(np.arange(total - count, total), total)
    return Parted(_by_chance(total, count, seed), total)


def _by_chance(total: int, count: int, seed: int) -> NDArray[np.int64]:
    return np.sort(chosen_rows(total, count, seed)).astype(np.int64)


def period(total: int, split: Split) -> tuple[int, int]:
    """Where the rows of a fold in their order begin, and where they end: of one part more than
    there are folds, the first one is only trained with."""
    parts = split.folds + 1
    return total * split.fold // parts, total * (split.fold + 1) // parts


def _too_few(total: int, split: Split, needed: int, what: str = "rows") -> DataError:
    said = f"last {split.folds}" if split.how == "period" else f"{split.folds}"
    most = split.folds - needed + total
    fix = f"write `folds {'last ' if split.how == 'period' else ''}{most}`" if most > 1 else ""
    return DataError(
        f"there are {total:,} {what} for `folds {said}`",
        f"At least {needed:,} are needed.",
        fix or f"give more {what}",
    )


def with_held_out(dataset: Dataset, section: Data, seed: int) -> Dataset:
    """With images to validate with out of those to train with, as the section says."""
    parts = parted(section, len(dataset.train), seed)
    return dataset.parted(parts.kept, parts.held_out)


def split_table(table: pa.Table, section: Data, seed: int) -> Parted | None:
    """How the rows of a table are parted; None where the section holds none out. DataError where
    that leaves nothing to train with, or to validate with."""
    total, split = table.num_rows, section.split
    if not section.holds_out:
        return None
    if split is None or split.by_chance or split.how in ("end", "period"):
        return parted(section, total, seed)
    marks = _marked(table, split, seed)
    if marks.all() or not marks.any():
        lacking = "to train with" if marks.all() else "to validate with"
        raise DataError(f"the line `validate` leaves no rows {lacking}", _why(split))
    return Parted(np.flatnonzero(marks), total)


def _marked(table: pa.Table, split: Split, seed: int) -> Marks:
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
    """Whole groups by chance, until they have as many rows as asked for; of folds, each the next
    largest one goes to the fold that has the fewest rows yet. The order of the rows does not
    matter."""
    groups = sorted({texts[n] or "" for n in np.unique(numbers).tolist()})
    order = np.argsort(of_held_out(seed).random_raw(len(groups)), kind="stable")
    place = {text: rank for text, rank in zip((groups[k] for k in order), range(len(groups)),
                                              strict=True)}  # fmt: skip
    ranks = np.array([place.get(text or "", -1) for text in texts])
    own = ranks[numbers]
    sizes = np.bincount(own, minlength=len(groups))
    if split.folds:
        if split.folds > len(groups):
            raise _too_few(len(groups), split, split.folds, f"values of {clean(split.column)}")
        return _folds_of(sizes, split.folds)[own] == split.fold - 1
    wanted = len(numbers) * split.percent / 100
    count = int(np.searchsorted(np.cumsum(sizes), wanted)) + 1
    return own < min(count, len(groups) - 1)


def _folds_of(sizes: NDArray[np.int64], folds: int) -> NDArray[np.int64]:
    """The fold of each group, from 0; groups of one size stay in their order."""
    found = np.zeros(len(sizes), np.int64)
    filled = np.zeros(folds, np.int64)
    for group in np.argsort(-sizes, kind="stable").tolist():
        found[group] = filled.argmin()
        filled[found[group]] += sizes[group]
    return found


def _why(split: Split) -> str:
    if split.how == "where":
        return f"No row, or every row, has {clean(split.value)} in {clean(split.column)}."
    return f"The column {clean(split.column)} has one value." if split.column else ""


def as_rows(marks: Marks) -> tuple[NDArray[Any], NDArray[Any]]:
    """The rows to train with, and those to validate with."""
    return np.flatnonzero(~marks), np.flatnonzero(marks)
