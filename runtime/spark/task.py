"""What runs in the executor: gather the images of the partition, then train."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dsl.errors import LenetError
from runtime.communicator import Alone
from runtime.data.dataset import Images
from runtime.spark.progress import Address, Sender
from runtime.training import Job, run_training

RESULT = "name string, shape string, data binary"
_SCHEMA = pa.schema([("name", pa.string()), ("shape", pa.string()), ("data", pa.binary())])
ERROR = "!error"


@dataclass(frozen=True)
class Counts:
    """How many images the task will find, so that it allocates them once."""

    shape: tuple[int, int, int]
    train: int
    validation: int


def make_task(
    job: Job, counts: Counts, address: Address
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function that `mapInArrow` ships: columns row, validation, image, label to tensors."""

    def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from pyspark import BarrierTaskContext

        report = Sender(address)
        try:
            train, validation = gather(batches, counts)
            threads = BarrierTaskContext.get().cpus()
            tensors = run_training(job, train, validation, threads, Alone(), report)
        except LenetError as error:
            yield _rows({ERROR: np.zeros(0, np.float32)}, [error.title, error.detail, error.fix])
            return
        finally:
            report.close()
        yield _rows(tensors)

    return task


def gather(batches: Iterable[pa.RecordBatch], counts: Counts) -> tuple[Images, Images]:
    """All rows of the partition, each at the place that its `row` names."""
    train, validation = _empty(counts.train, counts.shape), _empty(counts.validation, counts.shape)
    for batch in batches:
        rows, held_out, labels = (
            batch.column(k).to_numpy(zero_copy_only=False) for k in ("row", "validation", "label")
        )
        pixels = _bytes(batch.column("image"), train.pixels[0].size if len(train) else 0)
        for images, chosen in ((train, ~held_out), (validation, held_out)):
            images.pixels.reshape(len(images), -1)[rows[chosen]] = pixels[chosen]
            images.labels[rows[chosen]] = labels[chosen]
    return train, validation


def _empty(count: int, shape: tuple[int, int, int]) -> Images:
    return Images(np.zeros((count, *shape), np.uint8), np.zeros(count, np.int32))


def _bytes(column: pa.Array, size: int) -> NDArray[np.uint8]:
    """A binary column of equal lengths as (rows, size), without a copy per row."""
    _, offsets, data = column.buffers()
    starts = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    if (np.diff(starts) != size).any():
        raise LenetError("images of different sizes", f"Each should have {size} bytes.")
    return np.frombuffer(data, np.uint8)[starts[0] : starts[-1]].reshape(-1, size)


def _rows(
    tensors: dict[str, NDArray[np.float32]], error: list[str] | None = None
) -> pa.RecordBatch:
    shapes = [json.dumps(error if error else list(t.shape)) for t in tensors.values()]
    data = [t.astype("<f4").tobytes() for t in tensors.values()]
    return pa.record_batch([list(tensors), shapes, data], schema=_SCHEMA)


def read_rows(rows: Iterable[tuple[str, str, bytes]]) -> dict[str, NDArray[np.float32]]:
    """The tensors that a task returned, or the LenetError that stopped it."""
    tensors = {}
    for name, shape, data in rows:
        if name == ERROR:
            raise LenetError(*json.loads(shape))
        tensors[name] = np.frombuffer(data, "<f4").reshape(json.loads(shape)).copy()
    return tensors
