"""What rows are to be answered with where that is no class: numbers, yes or no, or a class for each
place."""

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.losses.code import loss_of
from lenet.dsl.answers import Answers
from lenet.dsl.graph import Graph
from lenet.dsl.losses import LOSSES
from lenet.dsl.shapes import product
from lenet.runtime.data.labels import as_text, is_empty

_LARGEST = float(np.finfo(np.float32).max)
NONE = 255  # in the place of a class, as PASCAL VOC has it


class Unfit(ValueError):
    """Why something is no answer, as the end of a sentence; of several rows, that of `row`."""

    def __init__(self, why: str, row: int = 0) -> None:
        super().__init__(why)
        self.row = row


@dataclass(frozen=True)
class Target:
    """The answers of a row, `count` of one `kind`: numbers from `low` to `high`, whose logarithms
    the net learns with `log`. `columns` are those of a table; () is its column of labels. Classes
    of places go from 0 to `high`, or are `NONE` where none counts, which becomes -1. Numbers may be
    the next steps, so many `ahead` of each column."""

    kind: Answers = "class"
    count: int = 1
    columns: tuple[str, ...] = ()
    log: bool = False
    low: float = -math.inf
    high: float = math.inf
    ahead: int = 0

    @classmethod
    def of(cls, graph: Graph) -> "Target":
        """That of a net."""
        if graph.answers == "class":
            return cls()
        use, data = loss_of(graph), graph.data
        loss = LOSSES[use.name]
        if graph.answers == "places":
            return cls("places", product(graph.output[1:]), low=0.0, high=graph.output[0] - 1.0)
        count = product(graph.output) // loss.outputs_of(use)
        if data is not None and data.series is not None:
            foreseen, ahead = data.foreseen, data.series.ahead
            return cls("numbers", count, foreseen, data.log, loss.low, loss.high, ahead)
        columns, log = (data.predict, data.log) if data is not None else ((), False)
        return cls(graph.answers, count, columns, log, loss.low, loss.high)

    @property
    def is_class(self) -> bool:
        """Whether it is a class, which is read as labels are."""
        return self.kind == "class"

    @property
    def count_beside(self) -> int:
        """The answers that are no class."""
        return 0 if self.is_class else self.count

    def names(self, label: str) -> tuple[str, ...]:
        """Of the answers: those of their columns, or of the column of labels, counted from 0 where
        there are several."""
        if self.kind == "places":
            return tuple(map(str, range(int(self.high) + 1)))
        if self.ahead:
            steps = range(1, self.ahead + 1)
            return tuple(f"{column} +{k}" for column in self.columns for k in steps)
        if self.columns:
            return self.columns
        return (label,) if self.count == 1 else tuple(f"{label} {k}" for k in range(self.count))

    def of_row(self, value: Any) -> NDArray[np.float32]:
        """(count,), of a number or a list of them; Unfit."""
        values = value if isinstance(value, list | tuple | np.ndarray) else [value]
        if len(values) != self.count:
            one = "a number" if len(values) == 1 else f"{len(values)} numbers"
            raise Unfit(f"is {one}, and the net answers with {self.count}")
        return self.of_rows(np.array([[_number(v) for v in values]]))[0]

    def of_rows(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """(rows, count), of as many numbers; Unfit with the first that is none."""
        wide = values.astype(np.float64)
        checks = self._wrong(wide)
        rows = np.any([wrong.any(axis=1) for wrong, _ in checks], axis=0)
        if rows.any():
            row = int(rows.argmax())
            wrong, why = next((found[row], why) for found, why in checks if found[row].any())
            raise Unfit(f"is {as_text(wide[row][wrong][0].item())}, {why}", row)
        if self.log:
            wide = np.log(wide)
        if self.kind == "places":
            wide = np.where(wide == NONE, -1.0, wide)
        return wide.astype(np.float32)

    def _wrong(self, wide: NDArray[np.float64]) -> list[tuple[NDArray[np.bool_], str]]:
        found = [(~(np.abs(wide) <= _LARGEST), "and no finite number")]
        if self.kind == "yes or no":
            return [*found, ((wide != 0) & (wide != 1), "and should be 1 (yes) or 0 (no)")]
        if self.kind == "places":
            bad = (wide != np.floor(wide)) | (wide < 0) | ((wide > self.high) & (wide != NONE))
            why = f"and should be a class, 0 to {self.high:g}, or {NONE} where none counts"
            return [*found, (bad, why)]
        if self.log:
            found.append((~(wide > 0), "and `predict log` takes numbers above 0"))
        outside = (wide < self.low) | (wide > self.high)
        limits = (
            f"{self.low:g} or more" if self.high == math.inf else f"{self.low:g} to {self.high:g}"
        )
        return [*found, (outside, f"and should be {limits}")]


def _number(value: Any) -> float:
    if is_empty(value):
        raise Unfit("is empty")
    if not isinstance(value, int | float | Decimal | np.number | bool | np.bool_):
        raise Unfit(f"is {as_text(value)}, and no number")
    return float(value)
