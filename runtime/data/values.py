"""From what a column holds to images: numbers, bytes, encoded pictures, paths of pictures."""

import io
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.files import read_file
from lenet.runtime.data.picture import PictureError
from lenet.runtime.data.preparation import MOST_BYTES, Preparation, Prepared, Window, cut
from lenet.runtime.data.target import Target

if TYPE_CHECKING:
    import pyarrow as pa

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
    that were not scaled. Rows may be `weighted`. The `target` tells what rows are answered with.
    Where they stay `encoded`, for the reason that this is, who trains decodes images when they are
    due.
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
    weighted: bool = False
    target: Target = Target()
    encoded: str = ""

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def pictures(self) -> Preparation:
        return self.preparation or Preparation(self.shape)


def form_of(
    kind: "pa.DataType", shape: tuple[int, int, int], pad: tuple[int, int] = (0, 0)
) -> Form | None:
    """How to read a column of bytes, of lists of numbers or of Spark's images; None for others."""
    import pyarrow as pa  # images need not wait for it

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


class Problem(ValueError):
    """Why a row cannot be used."""


@dataclass(frozen=True, eq=False)
class Value:
    """An image, (channels, height, width), and whether it was a picture, whose bytes go from black
    to white; or why there is none."""

    image: NDArray[Any] | None
    picture: bool = False
    problem: str | None = None


def values_of(column: "pa.Array", form: Form) -> list[Value]:
    """The images of a column."""
    values = together(column, form)
    if values is not None:
        return [Value(image) for image in values.reshape(-1, *form.shape)]
    return [_value_or_problem(scalar, form) for scalar in column]


def _value_or_problem(scalar: "pa.Scalar", form: Form) -> Value:
    try:
        raw = raw_of(scalar.as_py(), form)
        prepared = _picture_of(raw, form)
        if prepared is not None:
            return Value(prepared.pixels, picture=True)
        return Value(image_of(raw, form).reshape(form.shape))
    except (Problem, PictureError) as problem:
        return Value(None, problem=str(problem))


def together(column: "pa.Array", form: Form) -> NDArray[Any] | None:
    """All images at once, (rows, size), where they are numbers and nothing is wrong."""
    import pyarrow as pa  # images need not wait for it

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
        rows = part.reshape(-1, width)
        if width >= 8 and any(_is_picture(row.tobytes()) for row in rows[_may_be_pictures(rows)]):
            return None
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
    with np.errstate(over="ignore"):
        finite = np.isfinite(numbers.astype(np.float32)).all()
    return bool(finite and (form.most == math.inf or _in_scale(numbers, form)))


def _in_scale(numbers: NDArray[Any], form: Form) -> bool:
    return not form.most < numbers.max(initial=0) <= 255


def _checked(numbers: NDArray[Any], form: Form) -> NDArray[Any]:
    if not _fine(numbers, form):
        what = "a byte, 0 to 255" if form.dtype == "uint8" else "a finite number"
        if form.dtype != "uint8" and form.most < numbers.max(initial=0) <= 255:
            raise Problem(
                f"a value is {numbers.max():g}, and those of the training images were at most "
                f"{form.most / TOO_LARGE:g}: are these bytes? Divide them by 255"
            )
        raise Problem(f"a value of the image is not {what}")
    return numbers.astype(form.dtype)


def value_of(scalar: "pa.Scalar", form: Form) -> NDArray[Any]:
    """One image, (size,); PictureError, or another Problem."""
    return image_of(raw_of(scalar.as_py(), form), form)


def raw_of(value: Any, form: Form) -> Any:
    """What a row's image is made of: for a path, the file's bytes. PictureError where there is
    nothing."""
    if value is None:
        raise PictureError("the image is empty")
    if form.image != "file":
        return value
    try:
        return read_file(value, MOST_BYTES)
    except OSError as error:
        raise PictureError(f"it cannot be read ({error.strerror or error})") from None


def image_of(raw: Any, form: Form, window: Window | None = None) -> NDArray[Any]:
    """The image of what `raw_of` gives, (size,), or of its `window`; PictureError, or another
    Problem."""
    prepared = _picture_of(raw, form, window)
    if prepared is not None:
        return prepared.pixels.reshape(-1)
    if form.image == "bytes":
        width = np.dtype(form.dtype).itemsize
        if len(raw) != form.size * width:
            raise PictureError(
                f"the image has {len(raw):,} bytes; the net takes {form.size * width:,}, or a "
                "picture such as PNG"
            )
        pixels = _checked(np.frombuffer(raw, form.dtype), form)
        return pixels if window is None else _windowed(pixels.reshape(form.shape), window)
    if len(raw) != form.size:
        raise Problem(f"the image has {len(raw):,} values; the net takes {form.size:,}")
    if any(v is None for v in raw):
        raise Problem("a value of the image is empty")
    return _checked(np.array(raw), form)


def _windowed(image: NDArray[np.uint8], window: Window) -> NDArray[np.uint8]:
    """Of bytes that are no picture, channel by channel."""
    from PIL import Image

    height, width = image.shape[1:]
    box = window(height, width)
    if box is None:
        return image.reshape(-1)
    found = [np.asarray(cut(Image.fromarray(own), box, (width, height))) for own in image]
    return np.stack(found).reshape(-1)


def _picture_of(raw: Any, form: Form, window: Window | None = None) -> Prepared | None:
    """A picture, whatever it is kept in; None where these are numbers."""
    if form.image in ("file", "picture"):
        return form.pictures.of_bytes(raw, window)
    if form.image == "struct":
        return form.pictures.of_array(_of_struct(raw), window)
    if form.image != "bytes":
        return None
    as_numbers = len(raw) == form.size * np.dtype(form.dtype).itemsize
    encoded = _is_picture(raw) if as_numbers else raw.startswith(_PICTURES)
    return form.pictures.of_bytes(raw, window) if encoded else None


def padded(row: NDArray[Any], form: Form) -> NDArray[Any]:
    """An image, (size,), with the rows and columns around it that the form says."""
    if not any(form.pad):
        return row
    (down, across), image = form.pad, row.reshape(form.shape)
    return np.pad(image, ((0, 0), (down, down), (across, across)))


def _may_be_pictures(rows: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """By their first byte alone, for many rows of pixels at once."""
    return np.isin(rows[:, 0], np.array([0x89, 0xFF, 0x47], np.uint8))


def _is_picture(data: bytes) -> bool:
    """Whether bytes of just the length of an image's pixels are a picture all the same: only what
    no image would begin and end with by chance."""
    jpeg = data.startswith(b"\xff\xd8\xff") and data.rstrip(b"\0").endswith(b"\xff\xd9")
    return jpeg or data.startswith((b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a"))


def _of_struct(value: dict[str, Any]) -> NDArray[np.uint8]:
    """Spark's image, (height, width, channels): rows from the top, of blue, green and red, and
    perhaps of transparency."""
    height, width, channels = value["height"], value["width"], value["nChannels"]
    data = value["data"]
    whole = None not in (height, width, channels, data) and min(height, width) > 0
    if not whole or channels not in (1, 3, 4) or len(data) != height * width * channels:
        raise PictureError("it is no image of Spark's that can be read")
    pixels = np.frombuffer(data, np.uint8).reshape(height, width, channels)
    order = [2, 1, 0, 3][:channels] if channels > 1 else [0]
    return np.ascontiguousarray(pixels[:, :, order])


def encoded_of(raw: Any, form: Form) -> bytes:
    """What `raw_of` gives as bytes: an image of Spark's as TIFF, which keeps all of it."""
    if form.image != "struct":
        return bytes(raw)
    from PIL import Image

    pixels, stream = _of_struct(raw), io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(stream, "TIFF")
    return stream.getvalue()


def form_of_encoded(form: Form) -> Form:
    """How to read what `encoded_of` gives."""
    return replace(form, image="bytes" if form.image == "bytes" else "picture")
