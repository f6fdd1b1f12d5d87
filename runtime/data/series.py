"""Windows over series: rows that go along in time, and what comes next."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from lenet.dsl.columns import Series, Split
from lenet.dsl.inputs import Input
from lenet.dsl.messages.clean import clean
from lenet.dsl.sections.data import Data
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.features import DROP, column_of, columns_for
from lenet.runtime.data.splits import period
from lenet.runtime.inputs.lists import texts_of
from lenet.runtime.inputs.numbers import matrix_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Track:
    """One series in the order of its time: `times` and `values` (steps, columns), NaN where one is
    missing; `name` is what tells it from others, "" for the only one. `step` is the time from one
    row to the next, 0 where it has no column of the time."""

    name: str
    times: NDArray[np.int64]
    values: Floats
    step: int

    @property
    def gaps(self) -> NDArray[np.bool_]:
        """Whether something lies between a row and the next one, (steps - 1,)."""
        if not self.step:
            return np.zeros(max(0, len(self.times) - 1), bool)
        found: NDArray[np.bool_] = np.diff(self.times) != self.step
        return found

    def so_far(self, series: Series) -> int:
        """How many steps there are, without those at the end of which only what is known ahead is
        there."""
        seen = [k for k, name in enumerate(series.all_columns) if name not in series.known]
        if not series.known or not seen:
            return len(self.values)
        there = np.flatnonzero(~np.isnan(self.values[:, seen]).all(axis=1))
        return int(there[-1]) + 1 if len(there) else 0

    def until(self, steps: int) -> "Track":
        """The first steps."""
        return replace(self, times=self.times[:steps], values=self.values[:steps])


def tracks_of(table: pa.Table, series: Series) -> list[Track]:
    """The series of a table, in the order of their names, with all columns; DataError where many
    rows of one have the time of another."""
    values = np.concatenate([_numbers(table, name) for name in series.all_columns], axis=1)
    times = times_of(table, series.order)
    groups = np.zeros(len(values), np.int64)
    names: list[str | None] = [""]
    if series.by:
        names, groups = texts_of(column_of(table, series.by))
    found = []
    for number in sorted(set(groups.tolist()), key=lambda n: names[n] or ""):
        rows = np.flatnonzero(groups == number)
        own = rows if times is None else rows[np.argsort(times[rows], kind="stable")]
        at = np.arange(len(own)) if times is None else times[own]
        if times is not None:
            own, at = _once_each(own, at, names[number] or "", series)
        found.append((names[number] or "", at, values[own]))
    step = _usual_step([at for _, at, _ in found]) if times is not None else 0
    return [Track(name, at, own, step) for name, at, own in found]


def _numbers(table: pa.Table, name: str) -> Floats:
    """A column (rows, 1); DataError where it holds something else, which no series can."""
    column = column_of(table, name)
    try:
        return matrix_of([column])
    except DataError as error:
        fix = f"leave {clean(name)} out of the series, or make numbers of it, such as 1 for yes"
        raise DataError(f"{error.title} ({clean(name)})", error.detail, fix) from None


def _once_each(
    rows: NDArray[np.int64], times: NDArray[np.int64], name: str, series: Series
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of rows with the same time the first one: an hour is there twice where clocks are put back.
    DataError where they are many, and no such thing."""
    again = np.concatenate([[False], np.diff(times) == 0])
    if again.sum() > max(_FEW, _RARE * len(rows)):
        row = int(rows[int(again.argmax())])
        raise DataError(
            f"row {row + 1:,} has the time of another row of its series, as {again.sum():,} have",
            f"The series is {clean(name)}." if series.by else "",
            "" if series.by else "if there are several series, say so: `series … by COLUMN`",
        )
    return rows[~again], times[~again]


_FEW, _RARE = 2, 0.001  # rows with the time of another one, and their part


def times_of(table: pa.Table, order: str) -> NDArray[np.int64] | None:
    """Whole numbers in their order; None where no column says it."""
    if not order:
        return None
    column = column_of(table, order)
    if column.null_count:
        raise DataError(f"a time is missing in the column {clean(order)}")
    kind = column.type
    try:
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            column = column.cast(pa.timestamp("us"))
        if pa.types.is_temporal(column.type):
            column = column.cast(pa.timestamp("us")).cast(pa.int64())
        return column.cast(pa.int64()).to_numpy(zero_copy_only=False)
    except pa.ArrowException as error:
        raise DataError(
            f"the column {clean(order)} is no time", clean(str(error)[:200]),
            "times are timestamps, dates, whole numbers, or text such as 2013-01-31T13:00",
        ) from None  # fmt: skip


def _usual_step(times: list[NDArray[np.int64]]) -> int:
    steps = np.concatenate([np.diff(own) for own in times] or [np.zeros(0, np.int64)])
    if not len(steps):
        return 0
    different, counts = np.unique(steps, return_counts=True)
    return int(different[counts.argmax()])


@dataclass(frozen=True, eq=False)
class Windows:
    """For each input `parts` (windows, columns, steps), and `answers` (windows, columns x steps
    ahead), of tracks; those with a gap or a missing value are `left_out`. `known` (steps, columns)
    are all values that are there to learn from."""

    parts: tuple[Floats, ...]
    answers: Floats
    held_out: NDArray[np.bool_]
    left_out: int
    known: Floats


@dataclass(frozen=True)
class Cut:
    """What an input takes of a window and the steps ahead: columns, from a first step to a last."""

    columns: list[int]
    first: int
    last: int

    def of(self, whole: Floats) -> Floats:
        """(windows, columns, steps), of all columns and steps."""
        found: Floats = whole[:, self.columns, self.first : self.last]
        return found

    @classmethod
    def of_answers(cls, section: Data) -> "Cut":
        """That of what is to be answered."""
        series = section.series
        assert series is not None
        places = [series.all_columns.index(name) for name in section.foreseen]
        return cls(places, series.window, series.window + series.ahead)


def cuts_of(section: Data, inputs: tuple[Input, ...]) -> list[Cut]:
    """Of each input."""
    series = section.series
    assert series is not None
    ahead = {fed.input for fed in section.fed}
    found = []
    for given, names in zip(inputs, columns_for(inputs, section), strict=True):
        first, steps = (series.window, series.ahead) if given.name in ahead else (0, series.window)
        places = [series.all_columns.index(name) for name in names]
        found.append(Cut(places, first, first + steps))
    return found


def windows_of(tracks: list[Track], section: Data, inputs: tuple[Input, ...]) -> Windows:
    """All windows whose next steps are known. Of each series the last percent of its steps are held
    out: windows whose answers begin there validate, and those whose answers reach into it, or
    beyond, are left out, so that nothing is learnt of what is asked."""
    series, split = section.series, section.split
    assert series is not None
    if split is not None and split.how not in ("end", "period"):
        raise DataError(
            "windows of series overlap, so rows that are held out by chance would be known",
            "", "write `validate last 20 percent`",
        )  # fmt: skip
    cuts, asked = cuts_of(section, inputs), Cut.of_answers(section)
    parts: list[list[Floats]] = [[] for _ in cuts]
    answers, marks, known, out = [], [], [], 0
    reach = series.window + series.ahead
    for track in tracks:
        steps = len(track.values)
        end, behind = _held_out(steps, split)
        known.append(track.values[:end])
        if steps < reach:
            continue
        whole = sliding_window_view(track.values, reach, axis=0)  # windows, columns, steps
        broken = np.concatenate([[0], np.cumsum(track.gaps)])
        good = broken[reach - 1 :] == broken[: steps - reach + 1]
        wanted = asked.of(whole)
        good &= ~np.isnan(wanted).any(axis=(1, 2))
        if section.missing in ("", DROP):
            for cut in cuts:
                good &= ~np.isnan(cut.of(whole)).any(axis=(1, 2))
        first = np.arange(steps - reach + 1)
        test = (first + series.window >= end) & (first + series.window < behind)
        train = first + reach <= end
        out += int((~good & (test | train)).sum())
        chosen = good & (test | train)
        for part, cut in zip(parts, cuts, strict=True):
            part.append(cut.of(whole)[chosen])
        answers.append(wanted[chosen].reshape(chosen.sum(), -1))
        marks.append(test[chosen])
    if not sum(map(len, answers)):
        raise DataError(
            "no series is long enough for a window without a gap",
            f"A window and what comes next are {reach:,} steps.",
        )
    return Windows(
        tuple(np.concatenate(part) for part in parts), np.concatenate(answers),
        np.concatenate(marks), out, np.concatenate(known),
    )  # fmt: skip


def _held_out(steps: int, split: Split | None) -> tuple[int, int]:
    """Where the steps that are held out begin, and where they end."""
    if split is None:
        return steps, steps
    if split.how == "period":
        return period(steps, split)
    return steps - max(1, round(steps * split.percent / 100)), steps


def check_missing(tracks: list[Track], section: Data) -> None:
    """DataError for the first value that is missing, where the section does not say what then."""
    if section.missing:
        return
    for track in tracks:
        empty = np.isnan(track.values).any(axis=1)
        if empty.any():
            of = f" of {clean(track.name)}" if track.name else ""
            count = sum(int(np.isnan(t.values).any(axis=1).sum()) for t in tracks)
            raise DataError(
                f"step {int(empty.argmax()) + 1:,}{of} has no value",
                f"{count:,} steps are so.",
                "write `missing drop` to leave windows with them out, or `missing mean`",
            )
