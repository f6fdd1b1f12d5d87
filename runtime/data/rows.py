"""From rows of tables and from pictures to images and labels, here and in executors.

A row becomes: path and place (by which rows are ordered), held_out, image (bytes of all values,
channel by channel), label, and problem, which says why the row cannot be used.
"""

import hashlib
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dsl.shapes import Shape
from runtime.data.dataset import DataError, Images

READY = "path string, place long, held_out boolean, image binary, label int, problem string"
_READY = pa.schema(
    [
        ("path", pa.string()), ("place", pa.int64()), ("held_out", pa.bool_()),
        ("image", pa.binary()), ("label", pa.int32()), ("problem", pa.string()),
    ]
)  # fmt: skip


# How the files of pictures begin that people keep in tables: PNG, JPEG, GIF, BMP.
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM")


@dataclass(frozen=True)
class Form:
    """How to read a row. `shape` is that of the images before `pad` rows and columns are put around
    them. Images are "bytes", lists of numbers ("list"), encoded "picture"s or Spark's "struct"s.

    By content, rows are ordered by what is in them; else by their path and place.
    """

    image: str
    shape: tuple[int, int, int]
    pad: tuple[int, int]
    dtype: str
    classes: tuple[str, ...] | None = None
    by_content: bool = True

    @property
    def size(self) -> int:
        return math.prod(self.shape)


def as_image(shape: Shape) -> tuple[int, int, int]:
    """A vector as an image of one row."""
    if len(shape) == 3:
        return shape[0], shape[1], shape[2]
    return 1, 1, shape[0]


def form_of(
    kind: pa.DataType, shape: tuple[int, int, int], pad: tuple[int, int] = (0, 0)
) -> Form | None:
    """How to read a column of bytes, of lists of numbers or of Spark's images; None for others."""
    types = pa.types
    if types.is_struct(kind) and kind.get_field_index("nChannels") >= 0:
        return Form("struct", shape, pad, "uint8", by_content=False)
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return Form("bytes", shape, pad, "uint8", by_content=False)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        if types.is_integer(kind.value_type):
            return Form("list", shape, pad, "uint8", by_content=False)
        if types.is_floating(kind.value_type):
            return Form("list", shape, pad, "float32", by_content=False)
    return None


class _Problem(ValueError):
    """Why a row cannot be used."""


def values_of(column: pa.Array, form: Form) -> NDArray[Any]:
    """The images of a column without empty ones, (rows, channels, height, width); ValueError where
    one cannot be used."""
    values = _together(column, form)
    if values is None:
        values = np.stack([_value(scalar, form) for scalar in column])
    return values.reshape(-1, *form.shape)


def ready(batches: Iterator[pa.RecordBatch], form: Form) -> Iterator[pa.RecordBatch]:
    """Columns image, label, held_out, path, place, key to those of READY."""
    for batch in batches:
        for start in range(0, batch.num_rows, 1024):
            yield _ready(batch.slice(start, 1024), form)


def _ready(batch: pa.RecordBatch, form: Form) -> pa.RecordBatch:
    columns = {name: batch.column(name) for name in batch.schema.names}
    count = batch.num_rows
    labels = columns["label"].to_pylist()
    keys = columns["key"].to_pylist()
    paths, places = columns["path"].to_pylist(), columns["place"].to_pylist()
    values = _together(columns["image"], form)
    images: list[bytes | None] = [None] * count
    numbers = np.zeros(count, np.int32)
    problems: list[str | None] = [None] * count
    for k in range(count):
        try:
            numbers[k] = _label(labels[k], form)
            row = values[k] if values is not None else _value(columns["image"][k], form)
            images[k] = _padded(row, form).tobytes()
        except _Problem as problem:
            problems[k] = f"{keys[k] or _where(paths[k], places[k])}: {problem}"
    if form.by_content:
        for k in range(count):
            known = (images[k] or b"") + numbers[k].tobytes()
            digest = hashlib.blake2b(known, digest_size=20).digest()
            paths[k] = digest[8:].hex()
            places[k] = int.from_bytes(digest[:8], "little", signed=True)
    return pa.record_batch(
        [paths, places, columns["held_out"], images, pa.array(numbers), problems], schema=_READY
    )


def _where(path: str, place: int | None) -> str:
    if place is None:
        return path
    return f"{path}, row {place:,}" if path else f"row {place:,}"


def _label(value: Any, form: Form) -> int:
    if value is None or value != value:
        raise _Problem("the label is empty")
    if isinstance(value, str):
        assert form.classes is not None
        if value not in form.classes:
            raise _Problem(f"{value} is a class of no training images")
        return form.classes.index(value)
    if value != int(value) or not 0 <= value < 2**31 - 1:
        raise _Problem(f"the label is {value:g}, but labels are whole numbers from 0")
    return int(value)


def _together(column: pa.Array, form: Form) -> NDArray[Any] | None:
    """All images at once, (rows, size), where they are numbers and nothing is wrong."""
    if form.image not in ("list", "bytes") or column.null_count:
        return None
    if form.image == "bytes":
        if pa.types.is_fixed_size_binary(column.type):
            column = column.cast(pa.binary())
        _, offsets, data = column.buffers()
        wide = np.int64 if pa.types.is_large_binary(column.type) else np.int32
        starts = np.frombuffer(offsets, wide)[column.offset : column.offset + len(column) + 1]
        width = form.size * np.dtype(form.dtype).itemsize
        if (np.diff(starts) != width).any() or data is None:
            return None
        part = np.frombuffer(data, np.uint8)[starts[0] : starts[-1]]
        return part.view(form.dtype).reshape(-1, form.size)
    if pa.types.is_fixed_size_list(column.type):
        column = column.cast(pa.list_(column.type.value_type))
    lengths = np.diff(column.offsets.to_numpy())
    flat = column.flatten()
    if flat.null_count or (lengths != form.size).any():
        return None
    numbers = flat.to_numpy().reshape(-1, form.size)
    return _checked(numbers, form) if _fine(numbers, form) else None


def _fine(numbers: NDArray[Any], form: Form) -> bool:
    if form.dtype == "uint8":
        return bool(((numbers >= 0) & (numbers <= 255)).all())
    return bool(np.isfinite(numbers).all())


def _checked(numbers: NDArray[Any], form: Form) -> NDArray[Any]:
    if not _fine(numbers, form):
        what = "a byte, 0 to 255" if form.dtype == "uint8" else "a finite number"
        raise _Problem(f"a value of the image is not {what}")
    return numbers.astype(form.dtype)


def _value(scalar: pa.Scalar, form: Form) -> NDArray[Any]:
    """One image, (size,), or _Problem."""
    value = scalar.as_py()
    if value is None:
        raise _Problem("the image is empty")
    if form.image == "picture":
        return _picture(value, form)
    if form.image == "struct":
        return _struct(value, form)
    if form.image == "bytes":
        width = np.dtype(form.dtype).itemsize
        if len(value) != form.size * width and value.startswith(_PICTURES):
            return _picture(value, form)
        if len(value) != form.size * width:
            raise _Problem(
                f"the image has {len(value):,} bytes; the net takes {form.size * width:,}"
            )
        return _checked(np.frombuffer(value, form.dtype), form)
    if len(value) != form.size:
        raise _Problem(f"the image has {len(value):,} values; the net takes {form.size:,}")
    if any(v is None for v in value):
        raise _Problem("a value of the image is empty")
    return _checked(np.array(value), form)


def _picture(data: bytes, form: Form) -> NDArray[Any]:
    from PIL import Image

    from runtime.data.pictures import decode

    channels, height, width = form.shape
    try:
        with Image.open(io.BytesIO(data)) as file:
            picture = decode(file, grey=channels == 1)
    except (OSError, ValueError, SyntaxError, TypeError, Image.DecompressionBombError) as error:
        raise _Problem(f"it is no picture that can be read ({error})") from None
    if picture.size != (width, height):
        size = f"{picture.size[0]}x{picture.size[1]}"
        raise _Problem(f"the picture has {size} pixels; the net takes {width}x{height}")
    values = np.asarray(picture)
    return values.reshape(height, width, channels).transpose(2, 0, 1).reshape(-1)


def _struct(value: dict[str, Any], form: Form) -> NDArray[Any]:
    """Spark's image: rows from the top, of blue, green and red."""
    channels, height, width = form.shape
    found = value["nChannels"], value["height"], value["width"]
    pixels = np.frombuffer(value["data"], np.uint8)
    if found[1:] != (height, width) or pixels.size != math.prod(found):
        raise _Problem(
            f"the image has {found[2]}x{found[1]} pixels; the net takes {width}x{height}"
        )
    pixels = pixels.reshape(height, width, found[0])
    if found[0] == channels == 1:
        return pixels.reshape(-1)
    if found[0] >= 3 and channels == 3:
        return pixels[:, :, 2::-1].transpose(2, 0, 1).reshape(-1)
    raise _Problem(f"the image has {found[0]} channels; the net takes {channels}")


def _padded(row: NDArray[Any], form: Form) -> NDArray[Any]:
    if not any(form.pad):
        return row
    (down, across), image = form.pad, row.reshape(form.shape)
    return np.pad(image, ((0, 0), (down, down), (across, across)))


def images_of(table: pa.Table, form: Form, name: str) -> Images:
    """A table with the columns image, label and path, as images; DataError with its first row that
    cannot be used."""
    count = table.num_rows
    given = {
        "image": table["image"], "label": table["label"], "path": table["path"],
        "place": table["place"], "held_out": pa.array(np.zeros(count, bool)),
        "key": pa.nulls(count, pa.string()),
    }  # fmt: skip
    whole = pa.table(given)
    channels, height, width = form.shape
    shape = (channels, height + 2 * form.pad[0], width + 2 * form.pad[1])
    pixels = np.zeros((count, *shape), form.dtype)
    labels = np.zeros(count, np.int32)
    first = 0
    for batch in ready(iter(whole.to_batches()), form):
        problems = batch.column("problem").drop_null()
        if len(problems):
            raise DataError(f"{name} has a row that cannot be used", f"{problems[0].as_py()}.")
        last = first + batch.num_rows
        joined = b"".join(batch.column("image").to_pylist())
        pixels[first:last] = np.frombuffer(joined, form.dtype).reshape(-1, *shape)
        labels[first:last] = batch.column("label").to_numpy()
        first = last
    return Images(pixels, labels)
