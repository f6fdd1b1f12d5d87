"""Rows as people have them: tables of Arrow and pandas, dicts of columns, lists of dicts, files."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.features import Features
from lenet.runtime.data.formats.chunks import chunks_of
from lenet.runtime.data.labels import as_text, is_empty


def is_table_file(path: Path) -> bool:
    """Whether a path is of a table, by its name."""
    return path.name.endswith((".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet"))


def read_table(path: Path) -> pa.Table:
    """A file of rows, with or without the answers; DataError."""
    if path.name.endswith(".parquet") or path.is_dir():
        from lenet.runtime.data.formats.parquet import read_tables

        return read_tables(path)[0]
    from lenet.runtime.data.formats.csv import read_file

    return read_file(path)


def table_of(rows: Any) -> pa.Table:
    """Any of them as an Arrow table; LenetError for what is none."""
    if isinstance(rows, pa.Table):
        return rows
    if isinstance(rows, str | Path):
        return read_table(Path(rows))
    try:
        if type(rows).__module__.split(".")[0] == "pandas":
            return _table({name: rows[name] for name in _once(rows.columns)})
        if isinstance(rows, Mapping):
            single = not any(isinstance(v, list | tuple | np.ndarray) for v in rows.values())
            return _table({k: [v] if single else v for k, v in rows.items()})
        if isinstance(rows, list | tuple) and all(isinstance(row, Mapping) for row in rows):
            names = dict.fromkeys(name for row in rows for name in row)
            return _table({name: [row.get(name) for row in rows] for name in names})
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        raise LenetError("these rows make no table", clean(str(error)[:300])) from None
    raise LenetError(
        f"the model reads a table's rows, not {type(rows).__name__}",
        "Rows are a DataFrame, an Arrow table, a dict of columns, a list of dicts, or a file.",
        "give a dict such as {'carat': [0.3], 'cut': ['Ideal']}",
    )


def _once(names: Any) -> list[Any]:
    found = list(names)
    twice = next((name for name in found if found.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"there are two columns {clean(str(twice))}", "", "rename one of them")
    return found


def _table(columns: Mapping[Any, Any]) -> pa.Table:
    return pa.table({str(name): _column(values) for name, values in columns.items()})


def _column(values: Any) -> pa.Array:
    """Of values of one type, or of several, which are texts then."""
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowException, OverflowError):
        listed = list(values)
        if any(isinstance(value, Mapping | list | tuple | np.ndarray) for value in listed):
            raise
        return pa.array([None if is_empty(v) else as_text(v) for v in listed], pa.string())


def ordered(table: pa.Table) -> pa.Table:
    """By the values of the rows, so that it is the same whatever order they come in."""
    keys = {}
    for name in sorted(set(table.column_names)):
        column = table[name]
        if pa.types.is_nested(column.type) or pa.types.is_dictionary(column.type):
            column = as_ordered_text(column)
        if not pa.types.is_null(column.type):
            keys[name] = column
    if not keys:
        return table
    by: list[tuple[str, Any]] = [(name, "ascending") for name in keys]
    return table.take(pa.compute.sort_indices(pa.table(keys), sort_keys=by))


def as_ordered_text(column: Any) -> pa.Array:
    """Of values with parts, which Arrow does not order, what they are ordered by."""
    return pa.array([repr(value) for value in column.to_pylist()], pa.string())


def rows_of(features: Features, rows: Any) -> NDArray[np.float32]:
    """(rows, values) for the net, of all that `table_of` takes; LenetError with the first row that
    cannot be used."""
    if isinstance(rows, str | Path):
        tables: Iterable[pa.Table] = chunks_of(Path(rows), features)
    else:
        tables = [with_columns(table_of(rows), features)]
    found, count = [], 0
    for table in tables:
        encoded = features.encode(table)
        if encoded.problems:
            row = min(encoded.problems)
            raise DataError(
                f"row {count + row + 1:,} cannot be used: {encoded.problems[row]}",
                "Rows count from 1.", encoded.fix(row), encoded.fix(row),
            )  # fmt: skip
        found.append(encoded.values)
        count += table.num_rows
    if not found:
        raise DataError(f"{rows} has no rows.")
    return np.concatenate(found)


def with_columns(table: pa.Table, features: Features) -> pa.Table:
    """DataError where columns lack, which are told all at once, or rows are no windows."""
    features.check_there(table.column_names)
    return table
