"""What executors do with the rows of a DataFrame, before and around the training."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from runtime.data.dataset import Images
from runtime.data.rows import ready
from runtime.data.statistics import count_bytes, sum_floats

__all__ = ["number", "ready", "survey", "total"]
SURVEY = (
    "partition int, rows long, held_out long, problems long, problem string, largest int, sum long"
)
TOTALS = "channel int, sums binary"


def survey(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """One row for a partition of READY rows: how many there are, what is wrong, and a sum that
    tells the rows from others, in whatever order they are."""
    from pyspark import TaskContext

    context = TaskContext.get()
    assert context is not None
    rows = held_out = problems = total = 0
    first: str | None = None
    largest = -1
    for batch in batches:
        rows += batch.num_rows
        held_out += sum(batch.column("held_out").to_pylist())
        for problem in batch.column("problem").drop_null().to_pylist():
            first = min(first or problem, problem)
            problems += 1
        if batch.num_rows:
            labels = batch.column("label").to_numpy()
            largest = max(largest, int(labels.max()))
            for image, label in zip(batch.column("image"), labels, strict=True):
                total += zlib.crc32((image.as_py() or b"") + label.tobytes())
    columns = [[context.partitionId()], [rows], [held_out], [problems], [first], [largest],
               [total % 2**63]]  # fmt: skip
    names = [part.split()[0] for part in SURVEY.split(", ")]
    types = [pa.int32(), pa.int64(), pa.int64(), pa.int64(), pa.string(), pa.int32(), pa.int64()]
    fields = list(zip(names, types, strict=True))
    yield pa.record_batch(columns, schema=pa.schema(fields))


NUMBERED = "row long, validation boolean, image binary, label int"


@dataclass(frozen=True, eq=False)
class Numbers:
    """The first rows of the partitions, counted apart for those to train and those to validate
    with; and of the former the `chosen` ones, sorted, that are to validate with instead."""

    train: dict[int, int]
    held_out: dict[int, int]
    chosen: NDArray[np.int64] | None


def number(batches: Iterator[pa.RecordBatch], numbers: Numbers) -> Iterator[pa.RecordBatch]:
    """READY rows, in their order, to NUMBERED ones."""
    from pyspark import TaskContext

    context = TaskContext.get()
    assert context is not None
    partition = context.partitionId()
    next_train, next_held = numbers.train.get(partition, 0), numbers.held_out.get(partition, 0)
    for batch in batches:
        held = batch.column("held_out").to_numpy(zero_copy_only=False).astype(bool)
        rows = np.zeros(len(held), np.int64)
        rows[~held] = np.arange(next_train, next_train + (~held).sum())
        rows[held] = np.arange(next_held, next_held + held.sum())
        next_train, next_held = next_train + int((~held).sum()), next_held + int(held.sum())
        validation = held
        if numbers.chosen is not None:
            places = np.searchsorted(numbers.chosen, rows)
            inside = np.minimum(places, len(numbers.chosen) - 1)
            validation = numbers.chosen[inside] == rows
            rows = np.where(validation, places, rows - places)
        yield pa.record_batch(
            [pa.array(rows), pa.array(validation), batch.column("image"), batch.column("label")],
            names=["row", "validation", "image", "label"],
        )


def total(batches: Iterator[pa.RecordBatch], channels: int, dtype: str) -> Iterator[pa.RecordBatch]:
    """What `count_bytes` or `sum_floats` counts of the images to train with, in one partition."""
    totals = np.zeros((channels, 256 if dtype == "uint8" else 3), object)
    for batch in batches:
        kept = batch.column("image").filter(pa.compute.invert(batch.column("validation")))
        if not len(kept):
            continue
        pixels = np.frombuffer(b"".join(kept.to_pylist()), dtype).reshape(
            len(kept), channels, 1, -1
        )
        images = Images(pixels, np.zeros(len(kept), np.int32))
        counted = count_bytes if dtype == "uint8" else sum_floats
        totals += np.array(counted(images, channels), object)
    sums = [",".join(map(str, channel)).encode() for channel in totals]
    yield pa.record_batch(
        [pa.array(range(channels), pa.int32()), pa.array(sums, pa.binary())],
        names=["channel", "sums"],
    )
