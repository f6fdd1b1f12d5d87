"""What a net of series expects behind the last rows of a table."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.features import DROP, column_of
from lenet.runtime.data.series import Cut, Track, cuts_of, tracks_of

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model


@dataclass(frozen=True, eq=False)
class Continued:
    """A series' name and its next `values` (columns, steps), in the columns' units; `end` is the
    time of its last row, `step` that to the next; `temporal` ones are microseconds."""

    name: str
    values: NDArray[np.float32]
    end: int
    step: int
    temporal: bool

    def time(self, number: int) -> str:
        """Of a step, as the table has times; "" where it has none."""
        if not self.step:
            return ""
        at = self.end + number * self.step
        if not self.temporal:
            return str(at)
        found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
        return found.strftime("%Y-%m-%dT%H:%M:%S").removesuffix(":00")


@dataclass(frozen=True, eq=False)
class Forecasts:
    """All series, and the columns that are told."""

    columns: tuple[str, ...]
    series: tuple[Continued, ...]


def forecasts(model: "Model", table: pa.Table, ahead: int | None = None) -> Forecasts:
    """The next steps of each series of a table, as many as the net tells, or `ahead`; where these
    are more, it goes on from its own answers, which a net can that tells all that it sees. What is
    known ahead stands in rows behind the last one in which something else does. LenetError where
    the model is of no series, or a series is too short."""
    section = model.graph.data
    if section is None or section.series is None or model.features is None:
        raise LenetError(
            "the model is of no series",
            "It was trained without a line `series`.",
            "use `lenet predict`",
            "use model.predict(rows)",
        )
    series, told = section.series, section.foreseen
    count = ahead or series.ahead
    unknown = [name for name in series.columns if name not in (*told, *series.known)]
    if count > series.ahead and unknown:
        raise LenetError(
            f"the model tells {series.ahead} steps ahead",
            f"To go on, it would have to know {', '.join(map(clean, unknown))} as well.",
            f"ask for {series.ahead} steps at most, or train with `ahead {count}`, or with "
            f"`predict {' '.join(map(clean, (*told, *unknown)))}`",
        )
    temporal = bool(series.order) and not pa.types.is_integer(column_of(table, series.order).type)
    found = []
    for track in tracks_of(table, series):
        steps = track.so_far(series)
        values = _next(model, track, steps, count)
        end = int(track.times[steps - 1]) if series.order else 0
        found.append(Continued(track.name, values, end, track.step, temporal))
    return Forecasts(told, tuple(found))


def _next(model: "Model", track: Track, steps: int, count: int) -> NDArray[np.float32]:
    section, features, unit = model.graph.data, model.features, model.unit
    assert section is not None and section.series is not None
    assert features is not None and unit is not None
    series = section.series
    size, ahead = series.window, series.ahead
    turns = -(-count // ahead)
    needed = turns * ahead if series.known else 0
    named = f"the series {clean(track.name)}" if track.name else "the series"
    if steps < size:
        raise DataError(f"{named} has {steps:,} steps", f"The net sees {size:,}.")
    if len(track.values) < steps + needed:
        there = len(track.values) - steps
        listed = ", ".join(map(clean, series.known))
        raise DataError(
            f"{named} has {there:,} rows behind its last one with what is known ahead",
            f"The net needs {listed} of {needed:,} steps.",
            f"add rows with {listed}, and nothing in the other columns",
        )
    if track.gaps[steps - size : steps + needed - 1].any():
        raise DataError(
            f"{named} has a gap among its last {size + needed:,} steps", "", "fill it in"
        )
    values = np.full((len(series.all_columns), size + turns * ahead), np.nan)
    values[:, : size + needed] = track.values[steps - size : steps + needed].T
    cuts, asked = cuts_of(section, features.inputs), Cut.of_answers(section)
    for turn in range(turns):
        whole = values[None, :, turn * ahead : turn * ahead + size + ahead]
        parts = [cut.of(whole) for cut in cuts]
        if section.missing in ("", DROP) and any(np.isnan(part).any() for part in parts):
            raise DataError(
                f"{named} lacks a value among its last {size + needed:,} steps", "", "fill it in"
            )
        outputs = model.outputs(features.standardized(parts))
        answers = unit.in_columns(unit.points(outputs)).reshape(len(asked.columns), ahead)
        begin = size + turn * ahead
        values[asked.columns, begin : begin + ahead] = answers
    return values[asked.columns, size : size + count].astype(np.float32)
