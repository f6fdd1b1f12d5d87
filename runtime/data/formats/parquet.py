"""Parquet files with a column of images, bytes or lists of numbers, and one of labels."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from lenet.dsl.files import open_file
from lenet.dsl.messages.clean import clean
from lenet.dsl.sections.data import Data
from lenet.dsl.shapes import Shape, product
from lenet.runtime.data.dataset import DataError, Dataset
from lenet.runtime.data.formats.hub import Features, bytes_of, is_picture, parts_of
from lenet.runtime.data.formats.tables import dataset_of
from lenet.runtime.data.spool import Spool
from lenet.runtime.data.streaming import Streaming
from lenet.runtime.data.target import Target

_CLASS = Target()
_TOGETHER = 256  # rows that are copied at once


def load_parquet(
    path: Path, shape: Shape, section: Data, classes: tuple[str, ...] | None = None,
    target: Target = _CLASS, streaming: Streaming | None = None,
) -> Dataset:  # fmt: skip
    """PATH/train and PATH/test, files of the names train and validation or test, or one file or
    folder to hold some rows out of; raises DataError.

    An image is binary, or a list of bytes or floats, of `shape`, channels x height x width; it may
    also be an encoded picture. The section names the columns, or the files' metadata do. The rows
    are in the order of the files' names. `classes` are those of a model whose labels are text,
    `target` is what a net answers, `streaming` says whether pictures stay encoded.
    """
    if not path.exists():
        raise DataError(f"There is no file {path}.")
    name = path.resolve().name
    parts = [part for part in _parts(path, name) if part]
    with opened(parts[0][0]) as file:
        schema = file.schema_arrow
    features = Features.of(schema.metadata)
    section = features.columns(section, schema.names, target, name)
    memory = None
    if streaming is not None and section.image in schema.names:
        streaming = streaming.pinned()
        count = sum(_rows(file) for part in parts for file in part)
        if _is_encoded(schema.field(section.image).type) and streaming.why(count * product(shape)):
            memory = streaming.memory
    tables = [_read(part, path, section.image, memory) for part in parts]
    test = tables[1] if len(tables) > 1 else None
    dataset = dataset_of(tables[0], test, shape, section, name, classes, target, streaming)
    if not target.is_class or dataset.classes:
        return dataset
    whole = pa.types.is_integer(schema.field(section.label).type)
    return replace(dataset, classes=features.classes(section, whole))


def read_tables(path: Path) -> tuple[pa.Table, pa.Table | None]:
    """All columns of the rows to train with, and to test with where there are some; DataError."""
    if not path.exists():
        raise DataError(f"There is no file {path}.")
    parts = [part for part in _parts(path, path.resolve().name) if part]
    tables = [_read(part, path, "", None) for part in parts]
    return tables[0], tables[1] if len(tables) > 1 else None


def _is_encoded(kind: pa.DataType) -> bool:
    """Whether a column of images may hold encoded pictures."""
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or is_picture(kind))


def _parts(path: Path, name: str) -> tuple[list[Path], list[Path]]:
    """The files to train with, and to validate with; DataError where there are none."""
    if not path.is_dir():
        return [path], []
    if (path / "train").exists():
        test = path / "test"
        return files_of(path / "train"), files_of(test) if test.exists() else []

    def listing(place: str) -> tuple[list[str], list[str]]:
        inside = list((path / place).iterdir())
        files = [p.name for p in inside if not p.is_dir()]
        return files, [p.name for p in inside if p.is_dir() and not _is_hidden(Path(p.name))]

    found = parts_of(listing, name)
    if found is None:
        return files_of(path), []
    return [path / file for file in found.train], [path / file for file in found.test]


def files_of(path: Path) -> list[Path]:
    """A file, or those of a folder and its folders, in the order of their paths; DataError where
    there are none."""
    files = sorted(path.rglob("*.parquet"), key=str) if path.is_dir() else [path]
    files = [file for file in files if not file.is_dir()]
    # As Spark has it: files of its own begin with _, hidden ones with a dot.
    own = [file for file in files if not _is_hidden(file.relative_to(path))]
    if not own:
        raise DataError(f"{path} has no rows.")
    return own


def _read(files: Sequence[Path], path: Path, image: str, memory: int | None) -> pa.Table:
    """The rows of some files. Images beyond `memory`, in bytes, lie in a temporary file."""
    spool = Spool(memory) if memory is not None else None
    tables = [_table(file, image, spool) for file in files]
    if sum(table.num_rows for table in tables) == 0:
        place = path if len(files) > 1 or files[0] == path else files[0]
        raise DataError(f"{place} has no rows.")
    try:
        whole = pa.concat_tables(tables)
    except pa.ArrowException as error:
        raise DataError(f"The files of {path} do not fit together.", str(error)) from None
    return whole if spool is None else whole.append_column(image, spool.end())


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part.startswith("_") and "=" not in part
               for part in path.parts)  # fmt: skip


@contextmanager
def opened(path: Path) -> Iterator[pyarrow.parquet.ParquetFile]:
    """A file, for what is read of it; DataError."""
    try:
        with open_file(path) as stream:
            yield pyarrow.parquet.ParquetFile(stream)
    except UnicodeDecodeError:
        title = f"the name of a column of {path.name} is no UTF-8 text"
        raise DataError(title, "", "write the table again, with another name for it") from None
    except pa.ArrowException as error:
        raise DataError(f"Cannot read {path}.", str(error)) from None
    except OSError as error:
        raise DataError(f"Cannot read {path}.", error.strerror or str(error)) from None


def _rows(path: Path) -> int:
    with opened(path) as file:
        return int(file.metadata.num_rows)


def _table(path: Path, image: str, spool: Spool | None) -> pa.Table:
    """All columns; but for the images, where these go to a spool."""
    with opened(path) as file:
        if spool is None:
            table = file.read()
        else:
            table = file.read([name for name in file.schema_arrow.names if name != image])
            for batch in file.iter_batches(_TOGETHER, columns=[image]):
                spool.add(bytes_of(batch.column(0)))
    count = table.num_rows
    table = table.append_column("!path", pa.array([clean(path.name)] * count, pa.string()))
    return table.append_column("!place", pa.array(np.arange(count, dtype=np.int64)))
