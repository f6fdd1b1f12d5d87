"""Rows of a table's columns, as JSON has them: an object for each row."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lenet.dsl.inputs import Input
from lenet.runtime.data.features import Features
from lenet.runtime.data.raw_rows import rows_of
from lenet.serve.refusals import Refusal

Kind = Literal["number", "category", "categories", "text"]
LARGEST = float(np.finfo(np.float32).max)  # of a number
_LONGEST = 2**16  # characters of a text


@dataclass(frozen=True)
class Column:
    """What a model takes of a column: a number, of which `mean` was usual in training; one of
    `known` categories; several of them with `|` between; or a text. `optional` ones may be null."""

    name: str
    kind: Kind
    optional: bool
    mean: float | None = None
    known: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name, "kind": self.kind, "optional": self.optional, "mean": self.mean,
            "known": list(self.known),
        }  # fmt: skip


def columns_of(features: Features) -> tuple[Column, ...]:
    """Those that a model takes, each once."""
    found: dict[str, Column] = {}
    for given, names, facts in zip(features.inputs, features.columns, features.facts, strict=True):
        kind = _kind_of(given)
        for place, name in enumerate(names):
            if kind == "number":
                mean = float(facts["mean"][place])
                found.setdefault(name, Column(name, kind, bool(features.missing), mean))
            else:
                known = tuple(facts.get("categories", ()))
                found.setdefault(name, Column(name, kind, True, None, known))
    return tuple(found.values())


def _kind_of(given: Input) -> Kind:
    entry = given.entry
    if entry is None or not entry.codes:
        return "number"
    if entry.set:
        return "categories"
    return "text" if entry.many else "category"


def rows_of_objects(
    many: list[Any], features: Features, columns: tuple[Column, ...]
) -> NDArray[np.float32]:
    """The rows as the net reads them; Refusal, or LenetError where a number is missing."""
    values: dict[str, list[Any]] = {column.name: [] for column in columns}
    for k, row in enumerate(many):
        if not isinstance(row, dict):
            raise Refusal(400, f"row {k} is no object", "write a value for each column's name")
        if lacking := [name for name in values if name not in row]:
            raise Refusal(400, f"row {k} lacks {', '.join(lacking)}", "null is what is not known")
        for column in columns:
            values[column.name].append(_value(row[column.name], column, k))
    # Of types that do not depend on the other rows.
    types = {c.name: pa.float64() if c.kind == "number" else pa.string() for c in columns}
    table = pa.table({name: pa.array(own, types[name]) for name, own in values.items()})
    return rows_of(features, table)


def _value(value: Any, column: Column, row: int) -> float | str | None:
    kind = type(value)
    where = f"row {row}, {column.name}"
    if value is None and column.optional:
        return None
    if column.kind == "number":
        if kind not in (int, float):
            raise Refusal(400, f"{where}: it is no number")
        if not abs(value) <= LARGEST:
            raise Refusal(400, f"{where}: it is beyond all bounds")
        return float(value)
    if kind in (int, float) and abs(value) < 2**63 and value == int(value):
        return str(int(value))  # a category may be one, which tables write so
    if kind is not str or len(value) > _LONGEST:
        raise Refusal(400, f"{where}: it is no text of up to {_LONGEST:,} characters")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Refusal(400, f"{where}: it has half of a character") from None
    return str(value)


def column_schema(column: Column) -> dict[str, Any]:
    """Of one value, for OpenAPI."""
    if column.kind == "number":
        said = f"in training about {column.mean:g}"
        kinds: list[dict[str, Any]] = [
            {"type": "number", "minimum": -LARGEST, "maximum": LARGEST, "description": said}
        ]
    else:
        known = f", such as {', '.join(column.known[:20])}" if column.known else ""
        between = ", with | between" if column.kind == "categories" else ""
        text = {"type": "string", "description": f"{column.kind}{between}{known}"}
        whole = {"type": "integer", "minimum": -(2**62), "maximum": 2**62}
        kinds = [{**text, "maxLength": _LONGEST}, whole]
    return {"anyOf": [*kinds, *([{"type": "null"}] if column.optional else [])]}
