"""Rows of table files to predict, some at a time, so that memory does not grow with the rows."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.features import Features
from lenet.runtime.data.formats import csv, parquet

TOGETHER = 65_536  # rows at once


def chunks_of(path: Path, features: Features, whole: bool = False) -> Iterator[pa.Table]:
    """The rows of a csv or parquet file, or of a folder of such, in the order of the files' names:
    the columns that a model reads, or with `whole` all of them. Of csv files, what the model takes
    for numbers is numbers where it can be, and all else is text, as it stands there. DataError."""
    read = _of_csv if is_csv(path) else _of_parquet
    for file in _files(path):
        for table in read(file, features, whole):
            for first in range(0, table.num_rows, TOGETHER):
                yield table.slice(first, TOGETHER)


def is_csv(path: Path) -> bool:
    """Whether it is a text file, or a folder without parquet files."""
    if path.is_dir():
        return not any(path.rglob("*.parquet"))
    return path.name.endswith(csv.ENDINGS)


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise DataError(f"There is no file {path}.")
    if not path.is_dir():
        return [path]
    return csv.files_of(path) if is_csv(path) else parquet.files_of(path)


def _of_parquet(path: Path, features: Features, whole: bool) -> Iterator[pa.Table]:
    with parquet.opened(path) as file:
        names = file.schema_arrow.names
        features.check_there(names)
        wanted = None if whole else list(features.names)
        for batch in file.iter_batches(TOGETHER, columns=wanted):
            yield pa.Table.from_batches([batch])


def _of_csv(path: Path, features: Features, whole: bool) -> Iterator[pa.Table]:
    with csv.opened(path) as source:
        names = pyarrow.csv.open_csv(source, csv.reading(), csv.parsing(path)).schema.names
    csv.check_once(names, path)
    features.check_there(names)
    texts = {name: pa.string() for name in names}
    floats = {name: pa.float64() for name in features.numbers}
    given = 0
    try:
        for table in _converted(path, texts | floats, features, whole):
            given += table.num_rows
            yield table
        return
    except _Unread:
        pass  # Something in a column of numbers is none: its row is to say so, and no other.
    for table in _converted(path, texts, features, whole):
        left = table.slice(given)
        given = max(0, given - table.num_rows)
        if left.num_rows:
            yield left


class _Unread(Exception):
    """A value is not of its column's type."""


def _converted(
    path: Path, types: dict[str, pa.DataType], features: Features, whole: bool
) -> Iterator[pa.Table]:
    options = csv.converting(types, None if whole else list(features.names))
    with csv.opened(path) as source:
        try:
            for batch in pyarrow.csv.open_csv(source, csv.reading(), csv.parsing(path), options):
                yield pa.Table.from_batches([batch])
        except pa.ArrowInvalid as error:
            if "conversion error to double" in str(error):
                raise _Unread from None
            raise
