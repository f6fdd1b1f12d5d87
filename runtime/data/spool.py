"""Bytes of many rows, in memory, or beyond that in a file that is gone with the process."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError


@contextmanager
def writing() -> Iterator[None]:
    """LenetError where temporary files cannot be written."""
    try:
        yield
    except OSError as error:
        where = _folder() or tempfile.gettempdir()
        raise LenetError(f"cannot write the images to {where}", error.strerror or "") from None


def temporary_file() -> IO[bytes]:
    """One without a name, in the first of Spark's folders that can be written to, or where
    temporary files are."""
    return tempfile.TemporaryFile(prefix="lenet-", dir=_folder())


def _folder() -> str | None:
    folders = os.environ.get("SPARK_LOCAL_DIRS", "").split(",")
    return next((f for f in folders if f and os.access(f, os.W_OK)), None)


class Spool:
    """A column of bytes that grows; beyond so many of them, `memory`, it lies in a file."""

    def __init__(self, memory: int) -> None:
        self.memory = memory
        self.parts: list[pa.Array] = []
        self.file: IO[bytes] | None = None
        self.sizes: list[NDArray[np.int64]] = []  # of the rows in the file
        self.valid: list[NDArray[np.bool_]] = []  # which of them are there
        self.bytes = 0

    def add(self, column: pa.Array) -> None:
        """Some more rows; LenetError where they cannot be written."""
        column = column.cast(pa.large_binary())
        sizes = pa.compute.fill_null(pa.compute.binary_length(column), 0).to_numpy()
        self.bytes += int(sizes.sum())
        if self.file is None and self.bytes <= self.memory:
            self.parts.append(column)
            return
        with writing():
            self.file = self.file or temporary_file()
            self.sizes.append(sizes)
            self.valid.append(column.is_valid().to_numpy(zero_copy_only=False))
            for value in column:
                self.file.write(value.as_buffer() if value.is_valid else b"")

    def end(self) -> pa.ChunkedArray:
        """All rows, in their order."""
        parts = list(self.parts)
        if self.file is not None:
            with writing():
                self.file.flush()
                sizes = np.concatenate(self.sizes)
                offsets = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
                whole = (
                    np.memmap(self.file, np.uint8, "r") if offsets[-1] else np.zeros(0, np.uint8)
                )
            (_, valid) = pa.array(np.concatenate(self.valid)).buffers()
            buffers = [valid, pa.py_buffer(offsets), pa.py_buffer(whole)]
            parts.append(pa.Array.from_buffers(pa.large_binary(), len(sizes), buffers))
        return pa.chunked_array(parts, pa.large_binary())
