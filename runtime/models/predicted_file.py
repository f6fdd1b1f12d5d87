"""Tables that a model predicts from a file into another one, with memory for some rows only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from lenet.dsl.messages.clean import clean
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.formats.chunks import chunks_of, is_csv
from lenet.runtime.machine.files import whole_file
from lenet.runtime.models.answered_rows import answer_schema, answered, features_of, with_numbers

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model

WRITERS: dict[str, Callable[[Path, pa.Schema], Any]] = {
    ".parquet": pyarrow.parquet.ParquetWriter,
    ".csv": pyarrow.csv.CSVWriter,
}


@dataclass(frozen=True)
class Written:
    """How many rows there are, how many of them cannot be used, and why one cannot."""

    rows: int = 0
    unusable: int = 0
    why: str = ""


def predict_files(model: "Model", paths: list[Path], output: Path) -> Written:
    """Write the rows of csv and parquet files, one after the other, with what a model says of each;
    the ending of `output`, one of WRITERS, tells how. DataError, and LenetError where it cannot be
    written."""
    features = features_of(model)
    written, columns = Written(), None
    with whole_file(output) as place, _writer(place, output.suffix.lower()) as write:
        for path in paths:
            for table in chunks_of(path, features, whole=True):
                if columns is None:
                    columns = table.column_names
                    schema = answer_schema(model, tuple(columns))
                if table.column_names != columns:
                    raise DataError(
                        f"{path} has other columns than {paths[0]}", "", "predict one by one"
                    )
                rows = features.encode(table)
                table = with_numbers(table, features) if is_csv(path) else table
                for field, column in zip(schema, answered(model, rows, schema), strict=True):
                    table = table.append_column(field, column)
                write(table, path)
                why = written.why
                if rows.problems and not why:
                    row = min(rows.problems)
                    why = f"row {written.rows + row + 1:,}: {rows.problems[row]}"
                written = Written(
                    written.rows + table.num_rows, written.unusable + len(rows.problems), why
                )
        if columns is None:
            raise DataError(f"{paths[0]} has no rows.")
    return written


@contextmanager
def _writer(place: Path, ending: str) -> Iterator[Callable[[pa.Table, Path], None]]:
    """What writes rows of a table to a file; DataError where a file's are of other types than those
    before."""
    writer: Any = None
    schema: Any = None

    def write(table: pa.Table, path: Path) -> None:
        nonlocal writer, schema
        try:
            if writer is None:
                schema = table.schema
                writer = WRITERS[ending](place, schema)
            writer.write_table(table.cast(schema))
        except pa.ArrowException as error:
            raise DataError(f"cannot write the rows of {path}", clean(str(error)[:300])) from None

    try:
        yield write
    finally:
        if writer is not None:
            writer.close()
