"""Where a worker keeps the images of its slices: in memory, or beyond that in a file."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.runtime.data.encoded import Encoded
from lenet.runtime.data.spool import Spool, temporary_file, writing
from lenet.runtime.data.values import Form

_BLOCK = 2**24
Pixels = Callable[[int, int], NDArray[Any] | Encoded]  # of the images from a number to another


class DecodedImages:
    """An array of them, (count, channels, height, width)."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any], memory: int) -> None:
        self.shape = shape
        self.flat = _space((shape[0], math.prod(shape[1:])), dtype, memory)

    def put(self, column: pa.Array, places: NDArray[np.int64]) -> None:
        """Images that are to have these numbers."""
        self.flat[places] = _values(column, self.flat.shape[1], self.flat.dtype)

    def end(self) -> Pixels:
        """When all are there."""
        whole = self.flat.reshape(self.shape)
        return lambda first, end: whole[first:end]


class EncodedImages:
    """Their bytes, which are decoded when they are due, as a form says."""

    def __init__(self, form: Form, memory: int) -> None:
        self.form, self.spool = form, Spool(memory)
        self.places = [np.zeros(0, np.int64)]

    def put(self, column: pa.Array, places: NDArray[np.int64]) -> None:
        """See DecodedImages."""
        self.spool.add(column)
        self.places.append(places)

    def end(self) -> Pixels:
        """See DecodedImages."""
        rows = np.argsort(np.concatenate(self.places), kind="stable").astype(np.int64)
        table = pa.table({"image": self.spool.end()})
        encoded = Encoded("the training", table, self.form, rows)
        return lambda first, end: encoded.take(np.arange(first, end))


def _space(shape: tuple[int, int], dtype: np.dtype[Any], memory: int) -> NDArray[Any]:
    """An array, in memory or in a file that has no name and is gone with the process."""
    size = math.prod(shape) * dtype.itemsize
    if size <= memory:
        return np.zeros(shape, dtype)
    with writing():
        file = temporary_file()
        for start in range(0, size, _BLOCK):  # a full disk is to be found now, and not by a signal
            file.write(bytes(min(_BLOCK, size - start)))
        file.flush()
        return np.memmap(file, dtype, "r+", shape=shape)


def _values(column: pa.Array, size: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """A binary column of equal lengths as (rows, size), without a copy per row."""
    _, offsets, data = column.buffers()
    starts = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    if (np.diff(starts) != size * dtype.itemsize).any():
        raise LenetError("images of different sizes", f"Each should have {size} values.")
    if not len(column):
        return np.zeros((0, size), dtype)
    return np.frombuffer(data, np.uint8)[starts[0] : starts[-1]].view(dtype).reshape(-1, size)
