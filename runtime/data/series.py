"""Windows over series: rows that go along in time, and what comes next."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from lenet.dsl.columns import Series, Split
from lenet.dsl.messages.clean import clean
from lenet.dsl.sections.data import Data
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.features import DROP, column_of
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


def tracks_of(table: pa.Table, series: Series) -> list[Track]:
    """The series of a table, in the order of their names; DataError where many rows of one have the
    time of another."""
    values = matrix_of([column_of(table, name) for name in series.columns])
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
    """`values` (windows, columns, steps) and `answers` (windows, steps ahead), of tracks; those
    with a gap or a missing value are `left_out`. `known` (steps, columns) are all values that are
    there to learn from."""

    values: Floats
    answers: Floats
    held_out: NDArray[np.bool_]
    left_out: int
    known: Floats


def windows_of(tracks: list[Track], section: Data) -> Windows:
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
    parts, answers, marks, known, out = [], [], [], [], 0
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
        wanted = whole[:, 0, series.window :]
        good &= ~np.isnan(wanted).any(axis=1)
        if section.missing in ("", DROP):
            good &= ~np.isnan(whole[:, :, : series.window]).any(axis=(1, 2))
        first = np.arange(steps - reach + 1)
        test = (first + series.window >= end) & (first + series.window < behind)
        train = first + reach <= end
        out += int((~good & (test | train)).sum())
        chosen = good & (test | train)
        parts.append(whole[chosen, :, : series.window])
        answers.append(wanted[chosen])
        marks.append(test[chosen])
    if not parts or not sum(map(len, parts)):
        raise DataError(
            "no series is long enough for a window without a gap",
            f"A window and what comes next are {reach:,} steps.",
        )
    return Windows(
        np.concatenate(parts), np.concatenate(answers), np.concatenate(marks), out,
        np.concatenate(known),
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
