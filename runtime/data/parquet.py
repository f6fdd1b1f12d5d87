"""Parquet files with a column `image`, of bytes, and a column `label`."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from dsl.shapes import Shape, product
from runtime.data.dataset import DataError, Dataset, Images


def load_parquet(path: Path, shape: Shape) -> Dataset:
    """PATH/train and PATH/test, or one file or folder to hold some rows out of; raises DataError.

    An image is binary, or a list of bytes, of `shape`, channels x height x width.
    """
    if not path.exists():
        raise DataError(f"There is no file {path}.")
    train, test = path, None
    if (path / "train").exists():
        train, test = path / "train", path / "test" if (path / "test").exists() else None
    images = [_read(part, shape) for part in (train, test) if part is not None]
    largest = max(int(part.labels.max()) for part in images)
    classes = tuple(str(label) for label in range(largest + 1))
    return Dataset(path.resolve().name, images[0], images[1] if test else None, classes, 1 / 255)


def _read(path: Path, shape: Shape) -> Images:
    try:
        table = pyarrow.parquet.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"Cannot read {path}.", str(error)) from None
    for name in ("image", "label"):
        if name not in table.column_names:
            listed = ", ".join(table.column_names) or "none"
            raise DataError(f"{path} has no column {name}.", f"Its columns are {listed}.")
        nulls = table[name].is_null().to_numpy()
        if nulls.any():
            where = f"The first is in row {int(nulls.argmax()):,}, counted from 0."
            raise DataError(f"{path} has an empty {name}.", where)
    if table.num_rows == 0:
        raise DataError(f"{path} has no rows.")
    if not pa.types.is_integer(table["label"].type):
        raise DataError(
            f"The labels of {path} are {table['label'].type}.", "They are whole numbers."
        )
    labels = table["label"].to_numpy()
    if labels.min() < 0 or labels.max() > 2**31 - 2:
        detail = f"Row {int(labels.argmin() if labels.min() < 0 else labels.argmax()):,} has it."
        raise DataError(f"{path} has a label out of range.", detail)
    pixels = _pixels(path, table["image"], product(shape))
    shaped = pixels.reshape(-1, *(shape if len(shape) == 3 else (1, 1, *shape)))
    return Images(shaped, labels.astype(np.int32))


def _pixels(path: Path, column: pa.ChunkedArray, size: int) -> NDArray[np.uint8]:
    """(rows, size), from bytes or from lists of bytes."""
    kind = column.type
    lists = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    if not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or lists):
        raise DataError(f"The images of {path} are {kind}.", "They are binary, or lists of bytes.")
    if lists and not pa.types.is_integer(kind.value_type):
        raise DataError(f"The images of {path} are {kind}.", "The lists hold bytes, 0 to 255.")
    pixels = np.empty((len(column), size), np.uint8)
    for row, value in enumerate(column.to_pylist()):
        values = np.frombuffer(value, np.uint8) if isinstance(value, bytes) else np.array(value)
        if values.size != size:
            raise DataError(
                f"{path} has an image of another size.",
                f"Row {row:,} has {values.size:,} values; the net's input is {size:,}.",
            )
        if values.dtype != np.uint8 and (values.min() < 0 or values.max() > 255):
            raise DataError(f"{path} has a value that is no byte.", f"It is in row {row:,}.")
        pixels[row] = values
    return pixels
