"""Images that stay encoded, in files or in a table, until they are due."""

from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.picture import PictureError, SizeError
from lenet.runtime.data.preparation import Window
from lenet.runtime.data.rows import unusable, where_of
from lenet.runtime.data.values import Form, Problem, encoded_of, image_of, padded, raw_of


class Windows(Protocol):
    """A window of the picture of each image, whose number is given."""

    def __call__(self, image: int) -> Window: ...


@dataclass(frozen=True, eq=False)
class Encoded:
    """Bytes (count, channels, height, width) that are made anew whenever they are asked for.

    Image k is that of row rows[k] of the `table`, whose column `image` the `form` tells how to
    read. Columns path, place and key, if there, name rows in messages, as `name` names all. A
    picture that cannot be read any more is a DataError.
    """

    name: str
    table: pa.Table
    form: Form
    rows: NDArray[np.int64]
    dtype: np.dtype[Any] = field(default=np.dtype(np.uint8), init=False)

    @classmethod
    def of(cls, name: str, table: pa.Table, form: Form) -> "Encoded":
        """Of all rows."""
        return cls(name, table, form, np.arange(table.num_rows))

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """As an array of them all would have it."""
        (channels, height, width), (down, across) = self.form.shape, self.form.pad
        return len(self), channels, height + 2 * down, width + 2 * across

    @property
    def nbytes(self) -> int:
        """Of an array of them all."""
        return int(np.prod(self.shape, dtype=np.int64))

    def take(self, images: NDArray[np.integer[Any]]) -> "Encoded":
        """Those with these numbers, as encoded as they are."""
        return Encoded(self.name, self.table, self.form, self.rows[images])

    def with_pad(self, pad: tuple[int, int]) -> "Encoded":
        """With rows and columns of zeros around each."""
        return Encoded(self.name, self.table, replace(self.form, pad=pad), self.rows)

    def __getitem__(self, images: NDArray[np.integer[Any]] | slice) -> NDArray[np.uint8]:
        return self.decoded(np.arange(len(self))[images])

    def decoded(
        self, images: NDArray[np.integer[Any]], windows: Windows | None = None
    ) -> NDArray[np.uint8]:
        """Those with these numbers, (count, channels, height, width); or a window of each."""
        found = np.empty((len(images), *self.shape[1:]), np.uint8)
        for place, number in enumerate(images.tolist()):
            window = windows(number) if windows is not None else None
            try:
                found[place] = self.image(number, window)
            except (Problem, PictureError) as problem:
                raise self.unusable(number, problem) from None
        return found

    def image(self, number: int, window: Window | None = None) -> NDArray[np.uint8]:
        """One, (channels, height, width); PictureError, or another Problem."""
        raw = raw_of(self.value(number), self.form)
        image: NDArray[np.uint8] = padded(image_of(raw, self.form, window), self.form)
        return image.reshape(self.shape[1:])

    def value(self, number: int) -> Any:
        """What the table has: a path, or what is to be decoded."""
        return self.table["image"][int(self.rows[number])].as_py()

    def raw(self, number: int) -> bytes:
        """What is decoded; DataError where a file cannot be read."""
        try:
            return encoded_of(raw_of(self.value(number), self.form), self.form)
        except PictureError as problem:
            raise self.unusable(number, problem) from None

    def where(self, number: int) -> str:
        """What an image is called in messages."""
        row, known = int(self.rows[number]), set(self.table.column_names)
        if "key" in known and (key := self.table["key"][row].as_py()):
            return str(key)
        if "path" not in known:
            return f"image {number:,}"
        return where_of(self.table["path"][row].as_py(), self.table["place"][row].as_py())

    def unusable(self, number: int, problem: Exception) -> DataError:
        """What is said of an image that cannot be used."""
        unreadable = isinstance(problem, PictureError) and not isinstance(problem, SizeError)
        text = f"{self.where(number)}: {problem}"
        return unusable(self.name, text, 1, unreadable, self.form)
