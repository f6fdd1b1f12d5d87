"""Comma-separated values: a file, or a folder of files, whose first lines name the columns."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from lenet.dsl.files import open_file
from lenet.dsl.messages.clean import clean
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.labels import EMPTY

_LONGEST = 2**31 - 1  # characters of a value
ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz")


def read_csv(path: Path) -> tuple[pa.Table, pa.Table | None]:
    """Rows to train with and, where the folder has `train` and `test`, to test with; DataError."""
    if not path.exists():
        raise DataError(f"There is no file {path}.")
    if not path.is_dir():
        return read_file(path), None
    train, test = (_files(path, part) for part in ("train", "test"))
    if train:
        return _whole(train, path), _whole(test, path) if test else None
    return _whole(files_of(path), path), None


def files_of(path: Path) -> list[Path]:
    """Those of a folder, in the order of their names; DataError where there are none."""
    files = sorted(p for p in path.iterdir() if p.name.endswith(ENDINGS) and p.name[0] not in "._")
    if not files:
        raise DataError(f"{path} has no csv files.", f"I look for {', '.join(ENDINGS)}.")
    return files


def _files(path: Path, part: str) -> list[Path]:
    inside = path / part
    if inside.is_dir():
        return sorted(p for p in inside.iterdir() if p.name.endswith(ENDINGS))
    return [path / (part + end) for end in ENDINGS if (path / (part + end)).exists()]


def _whole(files: list[Path], path: Path) -> pa.Table:
    tables = [read_file(file) for file in files]
    for file, table in zip(files, tables, strict=True):
        if other := set(table.column_names) ^ set(tables[0].column_names):
            raise DataError(
                f"{files[0].name} and {file.name} have different columns",
                f"All files of {path} are read, and only one has {clean(sorted(other)[0])}.",
                "name the file that is meant",
            )
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise DataError(f"The files of {path} do not fit together.", str(error)) from None


def read_file(path: Path) -> pa.Table:
    """One file's rows, in their order; columns of numbers are numbers, others text. DataError."""
    with opened(path) as source:
        table = pyarrow.csv.read_csv(source, reading(), parsing(path), converting())
    if table.num_rows == 0:
        raise DataError(f"{path} has no rows.")
    check_once(table.column_names, path)
    return table


def reading() -> pyarrow.csv.ReadOptions:
    """A row has to fit into a block."""
    return pyarrow.csv.ReadOptions(block_size=2**24)


def parsing(path: Path) -> pyarrow.csv.ParseOptions:
    """As the name of a file tells it."""
    separator = "\t" if ".tsv" in path.name else ","
    return pyarrow.csv.ParseOptions(delimiter=separator, newlines_in_values=True)


def converting(
    types: Mapping[str, pa.DataType] | None = None, columns: Sequence[str] | None = None
) -> pyarrow.csv.ConvertOptions:
    """All columns, or some; of types that follow from their values, or are told."""
    return pyarrow.csv.ConvertOptions(
        null_values=list(EMPTY), strings_can_be_null=True, quoted_strings_can_be_null=False,
        column_types=types, include_columns=columns,
    )  # fmt: skip


@contextmanager
def opened(path: Path) -> Iterator[pa.NativeFile]:
    """A file, for what is read of it; DataError where that fails."""
    try:
        with open_file(path) as stream:
            yield pa.input_stream(stream, "gzip" if path.suffix == ".gz" else None)
    except pa.ArrowException as error:
        said = str(error).removeprefix("CSV parse error: ")
        raise DataError(
            f"Cannot read {path}.", clean(said[:300]), "mend that line, or name another file"
        ) from None
    except UnicodeDecodeError:
        raise DataError(f"{path} is no UTF-8 text", "", "save it as UTF-8") from None
    except OSError as error:
        raise DataError(f"Cannot read {path}.", error.strerror or str(error)) from None


def table_of_lines(
    lines: pa.Array, names: Sequence[str], separator: str, numbers: Sequence[str]
) -> pa.Table:
    """Rows of a file whose lines are rows, without the first one: `numbers` are numbers where all
    of them can be, what else there is is text. What a line has too many is left out, and what it
    lacks is missing."""
    whole = pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines.cast(pa.string()))
    text = pyarrow.compute.binary_join(whole, "\n")[0].as_buffer()
    read = pyarrow.csv.ReadOptions(
        column_names=list(names), block_size=len(text) + 1, use_threads=False
    )
    parse = pyarrow.csv.ParseOptions(delimiter=separator)
    texts = dict.fromkeys(names, pa.string())
    for types in (texts | dict.fromkeys(numbers, pa.float64()), texts):
        try:
            return pyarrow.csv.read_csv(pa.BufferReader(text), read, parse, converting(types))
        except pa.ArrowInvalid:
            continue
    width = len(names)
    csv.field_size_limit(_LONGEST)
    rows = [
        [*row, *[""] * width][:width]
        for row in csv.reader(lines.to_pylist(), delimiter=separator) if row
    ]  # fmt: skip
    columns = [
        pa.array([None if value in EMPTY else value for value in column], pa.string())
        for column in zip(*rows, strict=True)
    ]
    return pa.table(columns or [pa.array([], pa.string())] * width, names=list(names))


def check_once(names: Sequence[str], path: Path) -> None:
    """DataError where two columns have one name."""
    twice = {name for name in names if list(names).count(name) > 1}
    if twice:
        raise DataError(f"{path} has two columns {clean(sorted(twice)[0])}", "", "rename one")
