"""Tables whose columns are for the inputs of a net: rows of floats, and what they are answered
with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from lenet.dsl.inputs import Input
from lenet.dsl.messages.clean import clean
from lenet.dsl.sections.data import Data
from lenet.runtime.data.dataset import DataError, Dataset, Images
from lenet.runtime.data.features import DROP, Features, Rows, column_of, columns_for
from lenet.runtime.data.formats.liked import pairs_dataset
from lenet.runtime.data.formats.tables import check_weights
from lenet.runtime.data.labels import as_text, check_kind, is_empty, is_text, names_of, no_numbers
from lenet.runtime.data.series import check_missing, tracks_of, windows_of
from lenet.runtime.data.splits import as_rows, split_table
from lenet.runtime.data.target import Target, Unfit

if TYPE_CHECKING:
    from lenet.runtime.datasets import Wanted

_EMPTY = "the answer is missing"


def dataset_of_columns(train: pa.Table, test: pa.Table | None, wanted: "Wanted") -> Dataset:
    """Rows to train and to test with. What is learnt of columns is learnt of those to train with,
    unless a model has learnt it already. DataError."""
    section, name = wanted.section, (wanted.path.name if wanted.argument else "the data")
    if section.series is not None:
        return _of_series(train if test is None else pa.concat_tables([train, test]), wanted, name)
    if section.liked is not None:
        return pairs_dataset(
            train if test is None else pa.concat_tables([train, test]), wanted, name
        )
    if test is None or (section.holds_out and wanted.features is None):
        # A model, which has learnt its features, is tried with the test rows, if there are any.
        split = split_table(train, section, wanted.seed)
        if split is not None:
            train, test = train.take(split.kept), train.take(split.held_out)
    tables = [train] if test is None else [train, test]
    answers, classes = answers_of(tables, wanted, name)
    features = wanted.features
    if features is None:
        columns = columns_for(wanted.inputs, section)
        features = Features.learn(wanted.inputs, columns, section.missing, train)
    parts, left_out = [], []
    for table, own in zip(tables, answers, strict=True):
        own.check(section)
        weights = weights_of(table, section, name) if table is train else None
        images, problems = images_of(features.encode(table), own, section, name, weights)
        parts.append(images)
        left_out += problems
    return Dataset(
        name, parts[0], parts[1] if test is not None else None, classes, 1.0, tuple(left_out),
        features=features,
    )  # fmt: skip


def _of_series(table: pa.Table, wanted: "Wanted", name: str) -> Dataset:
    section, target = wanted.section, wanted.target
    series = section.series
    assert series is not None
    tracks = [track.until(track.so_far(series)) for track in tracks_of(table, series)]
    check_missing(tracks, section)
    windows = windows_of(tracks, section, wanted.inputs)
    features = wanted.features or Features.of_series(wanted.inputs, section, windows.known)
    values = features.standardized(windows.parts)
    answers = target.of_rows(windows.answers)
    train, test = as_rows(windows.held_out)
    for rows, what in ((train, "train"), (test, "validate")):
        if not len(rows) and (what == "train" or section.holds_out):
            raise DataError(f"the line `validate` leaves no windows to {what} with")
    left_out = ("one with a gap, or a missing value",) * windows.left_out
    return Dataset(
        name, Images(values[train], answers[train]),
        Images(values[test], answers[test]) if len(test) else None,
        target.names(section.label), 1.0, left_out, features=features,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Answers:
    """What rows are answered with, (rows,) or (rows, answers), and in which ones it is missing; the
    first one that is `wrong`, which cannot be left out, and why."""

    values: NDArray[np.generic]
    problems: Mapping[int, str]
    wrong: tuple[int, str] | None = None

    def check(self, section: Data) -> None:
        """DataError for a row that is wrong."""
        if self.wrong is not None:
            row, why = self.wrong
            of_classes = self.values.ndim == 1
            what = "label" if of_classes else "answer"
            raise DataError(f"the {what} of row {row + 1:,} {why}", *advice(section, of_classes))


def left_out_or_filled(problem: str) -> str:
    """How to go on with rows that have such a problem."""
    filled = "" if _EMPTY in problem else ", or `missing mean`"
    return f"write `missing drop` to leave such rows out{filled}"


def advice(section: Data, of_classes: bool) -> tuple[str, str]:
    """What is said where an answer is wrong."""
    if not of_classes:
        return "", ""
    detail = f"Labels are whole numbers from {section.first}, or text."
    return detail, "write `label distinct`, where each different one is a class"


def answers_of(
    tables: list[pa.Table], wanted: "Wanted", name: str
) -> tuple[list[Answers], tuple[str, ...]]:
    """Those of each table, and the names of classes or answers."""
    section, target = wanted.section, wanted.target
    columns = target.columns or (section.label,)
    for table in tables:
        for column in columns:
            _check_there(table, column, name)
    if not target.is_class:
        return [_numbers(table, columns, target) for table in tables], target.names(columns[0])
    return _classes(tables, columns[0], section, wanted.classes, name)


def _check_there(table: pa.Table, column: str, name: str) -> None:
    if column not in table.column_names:
        listed = ", ".join(c for c in table.column_names if c[:1] != "!")
        raise DataError(
            f"{name} has no column {clean(column)}",
            f"Its columns are {clean(listed)}.",
            "say which one is to be answered: `predict NAME` in the section `data`",
        )


def _numbers(table: pa.Table, columns: tuple[str, ...], target: Target) -> Answers:
    found = []
    for column in columns:
        values = column_of(table, column)
        types, kind = pa.types, values.type
        number = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
        if not (number or types.is_boolean(kind)):
            raise no_numbers(column, kind)
        values = values.cast(pa.int8()) if types.is_boolean(kind) else values
        found.append(values.cast(pa.float64()).to_numpy(zero_copy_only=False))
    wide = np.stack(found, axis=1)
    problems = {int(row): _EMPTY for row in np.flatnonzero(np.isnan(wide).any(axis=1))}
    whole = np.flatnonzero(~np.isnan(wide).any(axis=1))
    values = np.zeros(wide.shape, np.float32)
    try:
        values[whole] = target.of_rows(wide[whole])
    except Unfit as problem:
        return Answers(values, problems, (int(whole[problem.row]), str(problem)))
    return Answers(values, problems)


def _classes(
    tables: list[pa.Table], label: str, section: Data, known: tuple[str, ...] | None, name: str
) -> tuple[list[Answers], tuple[str, ...]]:
    columns = [column_of(table, label) for table in tables]
    check_kind(columns[0].type, name)
    lists = [column.to_pylist() for column in columns]
    if not (section.distinct or is_text(columns[0].type)) and known is None:
        return [_whole(values, section.first) for values in lists], ()
    names = known if known is not None else names_of([v for own in lists for v in own], name)
    places = {text: float(place) for place, text in enumerate(names)}
    found = []
    for values in lists:
        texts = ["" if is_empty(value) else as_text(value) for value in values]
        strange = next((text for text in texts if text and text not in places), None)
        if strange is not None:
            raise DataError(f"the model has no class {clean(strange)}, which {name} has")
        problems = {row: _EMPTY for row, text in enumerate(texts) if not text}
        numbers = np.array([places.get(text, 0) for text in texts], np.int32)
        found.append(Answers(numbers, problems))
    return found, names


def _whole(values: list[object], first: int) -> Answers:
    """Labels that are numbers of classes."""
    problems: dict[int, str] = {}
    found = np.zeros(len(values), np.int32)
    for row, value in enumerate(values):
        if is_empty(value):
            problems[row] = _EMPTY
            continue
        number = float(value)  # type: ignore[arg-type]
        if number != int(number) or not first <= number < 2**31:
            return Answers(found, problems, (row, f"is {as_text(value)}"))
        found[row] = int(number) - first
    return Answers(found, problems)


def images_of(
    rows: Rows, answers: Answers, section: Data, name: str,
    weights: NDArray[np.float32] | None = None,
) -> tuple[Images, list[str]]:  # fmt: skip
    """Rows that can be used, with their answers; the others are left out where the section says so.
    DataError for the first one else."""
    problems = {**answers.problems, **rows.problems}
    values = rows.values.reshape(len(rows.values), 1, 1, -1)
    if not problems:
        return Images(values, answers.values, weights), []
    if section.missing != DROP:
        if section.missing:  # which is about the inputs' numbers
            problems = dict(answers.problems) or problems
        row = min(problems)
        raise DataError(
            f"row {row + 1:,} of {name} cannot be used: {problems[row]}",
            f"{len(problems):,} rows are so, of {len(values):,}. Rows count from 1.",
            left_out_or_filled(problems[row]),
        )
    kept = np.setdiff1d(np.arange(len(values)), np.array(sorted(problems), np.int64))
    texts = [f"row {row + 1:,}: {problem}" for row, problem in sorted(problems.items())]
    own = None if weights is None else weights[kept]
    return Images(values[kept], answers.values[kept], own), texts


def weights_of(table: pa.Table, section: Data, name: str) -> NDArray[np.float32] | None:
    """How much each row counts, where a column tells it; DataError where it holds no numbers."""
    if not section.weight:
        return None
    _check_there(table, section.weight, name)
    column = column_of(table, section.weight)
    check_weights(column.type, section.weight)
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float32)


def marks_of(table: pa.Table, name: str) -> pa.Array:
    """Which rows validate, by a column: of numbers all but 0, and none where it is empty. DataError
    for what is neither numbers nor true or false."""
    column = column_of(table, name)
    kind = column.type
    if not (pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise DataError(
            f"the column {clean(name)} is to say which rows validate, and is {kind}", "",
            "make it true or false",
        )  # fmt: skip
    return pa.compute.fill_null(column.cast(pa.bool_()), False)


def check_parts(train: int, held_out: int, name: str) -> None:
    """DataError where a column leaves no rows to one of both."""
    if not train or not held_out:
        lacking = "validate" if train else "train"
        raise DataError(f"the column {clean(name)} leaves no rows to {lacking} with")


def needed(inputs: tuple[Input, ...], target: Target, section: Data) -> tuple[str, ...]:
    """The columns that are looked at, each once."""
    names = [name for own in columns_for(inputs, section) for name in own]
    if section.series is not None:
        names += [section.series.by, section.series.order]
    elif section.liked is not None:
        names += [section.liked.order]
    else:
        names += target.columns or (section.label,)
        names += [section.weight]
    names += [section.split.column if section.split else ""]
    return tuple(dict.fromkeys(name for name in names if name))
