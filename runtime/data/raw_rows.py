"""Rows as people have them: tables of Arrow and pandas, dicts of columns, lists of dicts, files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.features import Features


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
    if type(rows).__module__.split(".")[0] == "pandas":
        return pa.Table.from_pandas(rows, preserve_index=False)
    try:
        if isinstance(rows, Mapping):
            single = not any(isinstance(v, list | tuple | np.ndarray) for v in rows.values())
            return pa.table({k: [v] if single else v for k, v in rows.items()})
        if isinstance(rows, list | tuple) and all(isinstance(row, Mapping) for row in rows):
            return pa.Table.from_pylist(list(rows))
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise LenetError("these rows make no table", clean(str(error)[:300])) from None
    raise LenetError(
        f"the model reads a table's rows, not {type(rows).__name__}",
        "Rows are a DataFrame, an Arrow table, a dict of columns, a list of dicts, or a file.",
        "give a dict such as {'carat': [0.3], 'cut': ['Ideal']}",
    )


def sortable(table: pa.Table) -> list[str]:
    """The columns by which Arrow can order rows, in the order of their names."""
    types = pa.types
    return sorted(
        name
        for name, kind in zip(table.column_names, table.schema.types, strict=True)
        if not (types.is_nested(kind) or types.is_null(kind) or types.is_dictionary(kind))
    )


def rows_of(features: Features, table: pa.Table) -> NDArray[np.float32]:
    """(rows, values) for the net; LenetError with the first row that cannot be used."""
    rows = features.encode(with_columns(table, features))
    if rows.problems:
        row = min(rows.problems)
        raise DataError(
            f"row {row + 1:,} cannot be used: {rows.problems[row]}", "Rows count from 1.",
            "give the value, or train with `missing mean`",
        )  # fmt: skip
    return rows.values


def with_columns(table: pa.Table, features: Features) -> pa.Table:
    """DataError where columns lack, which are told all at once, or rows are no windows."""
    if features.of_windows:
        raise DataError(
            "the model goes on with series, and does not predict rows one by one", "",
            "use `lenet forecast MODEL TABLE`", "use lenet.forecast(model, table)",
        )  # fmt: skip
    lacking = [name for name in features.names if name not in table.column_names]
    if lacking:
        listed = clean(", ".join(table.column_names)) or "none"
        named = clean(", ".join(lacking))
        what = f"the column {named}" if len(lacking) == 1 else f"the columns {named}"
        raise DataError(f"the rows lack {what}", f"They have {listed}.")
    return table
