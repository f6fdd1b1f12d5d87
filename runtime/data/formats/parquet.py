"""Parquet files with a column of images, bytes or lists of numbers, and one of labels."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from lenet.dsl.files import open_file
from lenet.dsl.messages.clean import clean
from lenet.dsl.sections.data import Data
from lenet.dsl.shapes import Shape
from lenet.runtime.data.dataset import DataError, Dataset
from lenet.runtime.data.formats.tables import dataset_of
from lenet.runtime.data.target import Target

_CLASS = Target()


def load_parquet(
    path: Path, shape: Shape, section: Data, classes: tuple[str, ...] | None = None,
    target: Target = _CLASS,
) -> Dataset:  # fmt: skip
    """PATH/train and PATH/test, or one file or folder to hold some rows out of; raises DataError.

    An image is binary, or a list of bytes or floats, of `shape`, channels x height x width; it may
    also be an encoded picture. The section names the columns. The rows are in the order of the
    files' names. `classes` are those of a model whose labels are text, `target` is what a net
    answers.
    """
    if not path.exists():
        raise DataError(f"There is no file {path}.")
    train, test = path, None
    if (path / "train").exists():
        train, test = path / "train", path / "test" if (path / "test").exists() else None
    tables = [_read(part) for part in (train, test) if part is not None]
    name = path.resolve().name
    return dataset_of(tables[0], tables[1] if test else None, shape, section, name, classes, target)


def _read(path: Path) -> pa.Table:
    files = sorted(path.rglob("*.parquet"), key=str) if path.is_dir() else [path]
    files = [file for file in files if not file.is_dir()]
    # As Spark has it: files of its own begin with _, hidden ones with a dot.
    own = [file for file in files if not _is_hidden(file.relative_to(path))]
    tables = [_table(file) for file in own]
    if sum(table.num_rows for table in tables) == 0:
        raise DataError(f"{path} has no rows.")
    try:
        return pa.concat_tables(tables)
    except pa.ArrowException as error:
        raise DataError(f"The files of {path} do not fit together.", str(error)) from None


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part.startswith("_") and "=" not in part
               for part in path.parts)  # fmt: skip


def _table(path: Path) -> pa.Table:
    try:
        with open_file(path) as stream:
            table = pyarrow.parquet.read_table(stream)
    except pa.ArrowException as error:
        raise DataError(f"Cannot read {path}.", str(error)) from None
    except OSError as error:
        raise DataError(f"Cannot read {path}.", error.strerror or str(error)) from None
    count = table.num_rows
    table = table.append_column("!path", pa.array([clean(path.name)] * count, pa.string()))
    return table.append_column("!place", pa.array(np.arange(count, dtype=np.int64)))
