"""What a net of series expects behind the last rows of a table."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.features import column_of
from lenet.runtime.data.series import Track, tracks_of

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model


@dataclass(frozen=True, eq=False)
class Continued:
    """A series' name and its next `values`, in the column's unit; `end` is the time of its last
    row, `step` that to the next; `temporal` ones are microseconds."""

    name: str
    values: tuple[float, ...]
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
    """All series, and the column that is told."""

    column: str
    series: tuple[Continued, ...]


def forecasts(model: "Model", table: pa.Table, ahead: int | None = None) -> Forecasts:
    """The next steps of each series of a table, as many as the net tells, or `ahead`; where these
    are more, it goes on from its own answers, which a net of a single column can. LenetError where
    the model is of no series, or a series is too short."""
    section = model.graph.data
    if section is None or section.series is None or model.features is None:
        raise LenetError(
            "the model is of no series",
            "It was trained without a line `series`.",
            "use `lenet predict`",
            "use model.predict(rows)",
        )
    series = section.series
    count = ahead or series.ahead
    if count > series.ahead and len(series.columns) > 1:
        raise LenetError(
            f"the model tells {series.ahead} steps ahead",
            f"To go on, it would have to know {', '.join(map(clean, series.columns[1:]))} as well.",
            f"ask for {series.ahead} steps at most, or train with `ahead {count}`",
        )
    temporal = bool(series.order) and not pa.types.is_integer(column_of(table, series.order).type)
    found = []
    for track in tracks_of(table, series):
        values = _next(model, track, count)
        end = int(track.times[-1]) if series.order else 0
        found.append(Continued(track.name, values, end, track.step, temporal))
    return Forecasts(series.columns[0], tuple(found))


def _next(model: "Model", track: Track, count: int) -> tuple[float, ...]:
    section, features, unit = model.graph.data, model.features, model.unit
    assert section is not None and section.series is not None
    assert features is not None and unit is not None
    size = section.series.window
    window = track.values[-size:].T
    named = f"the series {clean(track.name)}" if track.name else "the series"
    if window.shape[1] < size:
        raise DataError(f"{named} has {window.shape[1]:,} steps", f"The net sees {size:,}.")
    if track.gaps[-(size - 1) :].any():
        raise DataError(f"{named} has a gap among its last {size:,} steps", "", "fill it in")
    if section.missing in ("", "drop") and np.isnan(window).any():
        raise DataError(f"{named} lacks a value among its last {size:,} steps", "", "fill it in")
    told: list[float] = []
    while len(told) < count:
        row = features.standardized(window[None])
        values = unit.in_columns(unit.points(model.outputs(row)))[0].tolist()
        told += values
        window = np.concatenate([window, np.array([values])], axis=1)[:, -size:]
    return tuple(told[:count])
