"""Parquet files with a column of images, bytes or lists of numbers, and one of labels."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from dsl.shapes import Shape
from runtime.data.dataset import DataError, Dataset, Images
from runtime.data.rows import as_image, form_of, images_of


def load_parquet(path: Path, shape: Shape, columns: tuple[str, str]) -> Dataset:
    """PATH/train and PATH/test, or one file or folder to hold some rows out of; raises DataError.

    An image is binary, or a list of bytes or floats, of `shape`, channels x height x width; it may
    also be an encoded picture. `columns` are those of the images and of the labels. The rows are in
    the order of the files' names.
    """
    if not path.exists():
        raise DataError(f"There is no file {path}.")
    train, test = path, None
    if (path / "train").exists():
        train, test = path / "train", path / "test" if (path / "test").exists() else None
    images = [_read(part, shape, columns) for part in (train, test) if part is not None]
    largest = max(int(part.labels.max()) for part in images)
    classes = tuple(str(label) for label in range(largest + 1))
    scale = 1 / 255 if images[0].pixels.dtype == np.uint8 else 1.0
    return Dataset(path.resolve().name, images[0], images[1] if test else None, classes, scale)


def _read(path: Path, shape: Shape, columns: tuple[str, str]) -> Images:
    files = sorted(path.rglob("*.parquet"), key=str) if path.is_dir() else [path]
    tables = [_table(file, columns) for file in files if not file.name.startswith(("_", "."))]
    if sum(table.num_rows for table in tables) == 0:
        raise DataError(f"{path} has no rows.")
    kind = tables[0]["image"].type
    form = form_of(kind, as_image(shape))
    if form is None:
        detail = "They are binary, or lists of numbers."
        raise DataError(f"The images of {path} are {kind}.", detail)
    label = tables[0]["label"].type
    if not (pa.types.is_integer(label) or pa.types.is_floating(label)):
        raise DataError(f"The labels of {path} are {label}.", "They are whole numbers.")
    try:
        return images_of(pa.concat_tables(tables), form, str(path))
    except pa.ArrowException as error:
        raise DataError(f"The files of {path} do not fit together.", str(error)) from None


def _table(path: Path, columns: tuple[str, str]) -> pa.Table:
    try:
        table = pyarrow.parquet.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"Cannot read {path}.", str(error)) from None
    for name in columns:
        if name not in table.column_names:
            listed = ", ".join(table.column_names) or "none"
            raise DataError(f"{path} has no column {name}.", f"Its columns are {listed}.")
    count = table.num_rows
    return pa.table(
        {
            "image": table[columns[0]], "label": table[columns[1]],
            "path": pa.array([path.name] * count, pa.string()),
            "place": pa.array(np.arange(count, dtype=np.int64)),
        }
    )  # fmt: skip
