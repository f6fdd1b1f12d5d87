"""From rows of tables and from pictures to images and labels, here and in executors.

A row becomes: path and place (by which rows are ordered), held_out, image (bytes of all values,
channel by channel), label, problem, which says why the row cannot be used, and unreadable: whether
that is because its picture cannot be read.
"""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from dsl.shapes import Shape
from runtime.data.dataset import DataError, Images
from runtime.data.labels import as_text
from runtime.data.preparation import PictureError, Preparation, Prepared, SizeError

READY = (
    "path string, place long, held_out boolean, image binary, label int, problem string, "
    "unreadable boolean"
)
_READY = pa.schema(
    [
        ("path", pa.string()), ("place", pa.int64()), ("held_out", pa.bool_()),
        ("image", pa.binary()), ("label", pa.int32()), ("problem", pa.string()),
        ("unreadable", pa.bool_()),
    ]
)  # fmt: skip


TOO_LARGE = 10.0  # times the largest value of the training images

# How the files of pictures begin that people keep in tables: PNG, JPEG, GIF, BMP, WebP, TIFF.
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"II*\0", b"MM\0*")


@dataclass(frozen=True)
class Form:
    """How to read a row. `shape` is that of the images before `pad` rows and columns are put around
    them. Images are "bytes", lists of numbers ("list"), encoded "picture"s, paths of picture
    "file"s, or Spark's "struct"s; `preparation` is that of the pictures among them.

    Labels that are text are `classes`; of numbers, `first` is subtracted. By content, rows are
    ordered by what is in them; else by their path and place. Floats beyond `most` look like bytes
    that were not scaled.
    """

    image: str
    shape: tuple[int, int, int]
    pad: tuple[int, int]
    dtype: str
    classes: tuple[str, ...] | None = None
    by_content: bool = True
    first: int = 0
    preparation: Preparation | None = None
    most: float = math.inf

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def pictures(self) -> Preparation:
        return self.preparation or Preparation(self.shape)


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


@dataclass(frozen=True, eq=False)
class Value:
    """An image, (channels, height, width), and whether it was a picture, whose bytes go from black
    to white; or why there is none."""

    image: NDArray[Any] | None
    picture: bool = False
    problem: str | None = None


def values_of(column: pa.Array, form: Form) -> list[Value]:
    """The images of a column."""
    values = _together(column, form)
    if values is not None:
        return [Value(image) for image in values.reshape(-1, *form.shape)]
    return [_value_or_problem(scalar, form) for scalar in column]


def _value_or_problem(scalar: pa.Scalar, form: Form) -> Value:
    try:
        prepared = _picture_of(scalar.as_py(), form)
        if prepared is not None:
            return Value(prepared.pixels, picture=True)
        return Value(_value(scalar, form).reshape(form.shape))
    except (_Problem, PictureError) as problem:
        return Value(None, problem=str(problem))


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
    unreadable = [False] * count
    for k in range(count):
        try:
            numbers[k] = _label(labels[k], form)
            row = values[k] if values is not None else _value(columns["image"][k], form)
            images[k] = _padded(row, form).tobytes()
        except (_Problem, PictureError) as problem:
            unreadable[k] = isinstance(problem, PictureError) and not isinstance(problem, SizeError)
            known = keys[k] or (None if form.by_content else _where(paths[k], places[k]))
            where = known or f"a row with the label {as_text(labels[k])}"
            problems[k] = f"{where}: {problem}"
    if form.by_content:
        for k in range(count):
            known = (images[k] or b"") + numbers[k].tobytes()
            digest = hashlib.blake2b(known, digest_size=20).digest()
            paths[k] = digest[8:].hex()
            places[k] = int.from_bytes(digest[:8], "little", signed=True)
    return pa.record_batch(
        [paths, places, columns["held_out"], images, pa.array(numbers), problems,
         unreadable],
        schema=_READY,
    )  # fmt: skip


def _where(path: str, place: int | None) -> str:
    if place is None:
        return path
    counted = f"row {place:,}, counted from 0"
    return f"{path}, {counted}" if path else counted


def _label(value: Any, form: Form) -> int:
    if value is None or value != value:
        raise _Problem("the label is empty")
    if form.classes is not None:
        number = _numbers(form.classes).get(str(value))
        if number is None:
            raise _Problem(f"{value} is a class of no training images")
        return number
    if value != int(value) or not form.first <= value < 2**31 - 1:
        limits = f"whole numbers from {form.first}"
        raise _Problem(f"the label is {value:g}, but labels are {limits}")
    return int(value) - form.first


@lru_cache(maxsize=4)
def _numbers(classes: tuple[str, ...]) -> dict[str, int]:
    return {name: number for number, name in enumerate(classes)}


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
    return bool(np.isfinite(numbers).all() and (form.most == math.inf or _in_scale(numbers, form)))


def _in_scale(numbers: NDArray[Any], form: Form) -> bool:
    return not form.most < numbers.max(initial=0) <= 255


def _checked(numbers: NDArray[Any], form: Form) -> NDArray[Any]:
    if not _fine(numbers, form):
        what = "a byte, 0 to 255" if form.dtype == "uint8" else "a finite number"
        if form.dtype != "uint8" and np.isfinite(numbers).all():
            raise _Problem(
                f"a value is {numbers.max():g}, and those of the training images were at most "
                f"{form.most / TOO_LARGE:g}: are these bytes? Divide them by 255"
            )
        raise _Problem(f"a value of the image is not {what}")
    return numbers.astype(form.dtype)


def _value(scalar: pa.Scalar, form: Form) -> NDArray[Any]:
    """One image, (size,), or _Problem."""
    value = scalar.as_py()
    prepared = _picture_of(value, form)
    if prepared is not None:
        return prepared.pixels.reshape(-1)
    if form.image == "bytes":
        width = np.dtype(form.dtype).itemsize
        if len(value) != form.size * width:
            raise PictureError(
                f"the image has {len(value):,} bytes; the net takes {form.size * width:,}, or a "
                "picture such as PNG"
            )
        return _checked(np.frombuffer(value, form.dtype), form)
    if len(value) != form.size:
        raise _Problem(f"the image has {len(value):,} values; the net takes {form.size:,}")
    if any(v is None for v in value):
        raise _Problem("a value of the image is empty")
    return _checked(np.array(value), form)


def _picture_of(value: Any, form: Form) -> Prepared | None:
    """A picture, whatever it is kept in; None where these are numbers."""
    if value is None:
        raise PictureError("the image is empty")
    if form.image == "file":
        return _file(value, form)
    if form.image == "struct":
        return _struct(value, form)
    encoded = form.image == "bytes" and len(value) != form.size * np.dtype(form.dtype).itemsize
    if form.image == "picture" or (encoded and value.startswith(_PICTURES)):
        return form.pictures.of_bytes(value)
    return None


def _file(path: str, form: Form) -> Prepared:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise PictureError(f"it cannot be read ({error.strerror or error})") from None
    return form.pictures.of_bytes(data)


def _struct(value: dict[str, Any], form: Form) -> Prepared:
    """Spark's image: rows from the top, of blue, green and red, and perhaps of transparency."""
    height, width, channels = value["height"], value["width"], value["nChannels"]
    data = value["data"]
    if data is None or channels not in (1, 3, 4) or len(data) != height * width * channels:
        raise PictureError("it is no image of Spark's that can be read")
    pixels = np.frombuffer(data, np.uint8).reshape(height, width, channels)
    if channels == 1:
        return form.pictures.of_array(pixels)
    order = [2, 1, 0, 3][:channels]
    return form.pictures.of_array(np.ascontiguousarray(pixels[:, :, order]))


def _padded(row: NDArray[Any], form: Form) -> NDArray[Any]:
    if not any(form.pad):
        return row
    (down, across), image = form.pad, row.reshape(form.shape)
    return np.pad(image, ((0, 0), (down, down), (across, across)))


@dataclass(frozen=True, eq=False)
class Read:
    """Images, and why others were left out."""

    images: Images
    left_out: tuple[str, ...] = ()


def images_of(table: pa.Table, form: Form, name: str, skip: bool = False) -> Read:
    """A table with the columns image, label, path and place as images; pictures that cannot be read
    are left out with `skip`. DataError with the first row that cannot be used."""
    count = table.num_rows
    key = table["key"] if "key" in table.column_names else pa.nulls(count, pa.string())
    given = {
        "image": table["image"], "label": table["label"], "path": table["path"],
        "place": table["place"], "held_out": pa.array(np.zeros(count, bool)), "key": key,
    }  # fmt: skip
    whole = pa.table(given)
    channels, height, width = form.shape
    shape = (channels, height + 2 * form.pad[0], width + 2 * form.pad[1])
    pixels = np.zeros((count, *shape), form.dtype)
    labels = np.zeros(count, np.int32)
    left_out: list[str] = []
    first = 0
    for batch in ready(iter(whole.to_batches()), form):
        if skip:
            unreadable = batch.column("unreadable")
            left_out += batch.column("problem").filter(unreadable).to_pylist()
            batch = batch.filter(pa.compute.invert(unreadable))
        bad = batch.filter(batch.column("problem").is_valid())
        if bad.num_rows:
            problem, unread = bad.column("problem")[0].as_py(), bad.column("unreadable")[0].as_py()
            raise unusable(name, problem, 1, unread, form)
        last = first + batch.num_rows
        joined = b"".join(batch.column("image").to_pylist())
        pixels[first:last] = np.frombuffer(joined, form.dtype).reshape(-1, *shape)
        labels[first:last] = batch.column("label").to_numpy()
        first = last
    if first == 0 and count:
        raise DataError(f"none of the {count:,} pictures of {name} can be read", f"{left_out[0]}.")
    return Read(Images(pixels[:first], labels[:first]), tuple(left_out))


def unusable(name: str, problem: str, count: int, unreadable: bool, form: Form) -> DataError:
    """The first of `count` rows that cannot be used; whether it is a picture that cannot be
    read."""
    others = f", and {count - 1:,} others" if count > 1 else ""
    fix = ""
    if unreadable:
        fix = "mend or remove it, or write `skip unreadable` in the data section"
    elif "pixels; the net takes" in problem:
        size = f"{form.shape[1]}x{form.shape[2]}"
        fix = f"bring all pictures to one size: `resize {size}` in the data section"
    if problem.startswith("a row with the label"):
        fix += "; " if fix else ""
        fix += 'to find the row, name a column that tells rows apart: columns=Columns(key="id")'
    return DataError(f"{name} has a row that cannot be used{others}", f"{problem}.", fix)
