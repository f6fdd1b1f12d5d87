"""Images as the rows of a DataFrame, and what executors do with rows before the training."""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from lenet.runtime.data.counts import count, times_of
from lenet.runtime.data.dataset import Images
from lenet.runtime.data.encoded import Encoded
from lenet.runtime.data.rows import labels_of, ready
from lenet.runtime.data.splits import Parted
from lenet.runtime.data.values import Form

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["counted", "images_frame", "number", "ready", "survey"]
SURVEY = (
    "partition int, rows long, held_out long, problems long, problem string, unreadable boolean, "
    "left_out array<string>, largest int, sum long"
)
COUNTED = "train string, held_out string"
_CHUNK_BYTES = 64 * 2**20  # of pixels in one Arrow chunk


def survey(batches: Iterator[pa.RecordBatch], skip: bool) -> Iterator[pa.RecordBatch]:
    """One row for a partition of READY rows: how many there are, what is wrong, and a sum that
    tells the rows from others, in whatever order they are. With `skip`, pictures that cannot be
    read are left out."""
    from pyspark import TaskContext

    context = TaskContext.get()
    assert context is not None
    rows = held_out = problems = total = 0
    first: tuple[str, bool] | None = None
    left_out: list[str] = []
    largest = -1
    for batch in batches:
        bad = batch.filter(batch.column("problem").is_valid())
        pairs = bad.column("problem").to_pylist(), bad.column("unreadable").to_pylist()
        for problem, unreadable in zip(*pairs, strict=True):
            if skip and unreadable:
                left_out.append(problem)
                continue
            first = first or (problem, unreadable)
            problems += 1
        batch = _good(batch)
        rows += batch.num_rows
        held_out += sum(batch.column("held_out").to_pylist())
        if batch.num_rows:
            labels = labels_of(batch)
            largest = max(largest, int(batch.column("label").to_numpy().max()))
            given = batch.column("image"), labels, batch.column("weight").to_pylist()
            for image, label, weight in zip(*given, strict=True):
                known = (image.as_py() or b"") + label.tobytes()
                known += b"" if weight is None else np.float32(weight).tobytes()
                total += zlib.crc32(known)
    problem, unreadable = first or (None, None)
    columns = [[context.partitionId()], [rows], [held_out], [problems], [problem], [unreadable],
               [left_out], [largest], [total % 2**63]]  # fmt: skip
    names = [part.split()[0] for part in SURVEY.split(", ")]
    types = [pa.int32(), pa.int64(), pa.int64(), pa.int64(), pa.string(), pa.bool_(),
             pa.list_(pa.string()), pa.int32(), pa.int64()]  # fmt: skip
    fields = list(zip(names, types, strict=True))
    yield pa.record_batch(columns, schema=pa.schema(fields))


def _good(batch: pa.RecordBatch) -> pa.RecordBatch:
    return batch.filter(batch.column("problem").is_null())


_KEPT = ("image", "label", "answers", "weight")  # columns that go on as they are
NUMBERED = "row long, validation boolean, image binary, label int, answers binary, weight float"


@dataclass(frozen=True, eq=False)
class Numbers:
    """The first rows of the partitions, counted apart for those to train and those to validate
    with; and of the former the `chosen` ones that are to validate with instead, or are left out."""

    train: dict[int, int]
    held_out: dict[int, int]
    chosen: Parted | None


def number(batches: Iterator[pa.RecordBatch], numbers: Numbers) -> Iterator[pa.RecordBatch]:
    """READY rows, in their order, to NUMBERED ones."""
    from pyspark import TaskContext

    context = TaskContext.get()
    assert context is not None
    partition = context.partitionId()
    next_train, next_held = numbers.train.get(partition, 0), numbers.held_out.get(partition, 0)
    for batch in map(_good, batches):
        held = batch.column("held_out").to_numpy(zero_copy_only=False).astype(bool)
        rows = np.zeros(len(held), np.int64)
        rows[~held] = np.arange(next_train, next_train + (~held).sum())
        rows[held] = np.arange(next_held, next_held + held.sum())
        next_train, next_held = next_train + int((~held).sum()), next_held + int(held.sum())
        validation = held
        if numbers.chosen is not None:
            inside = rows < numbers.chosen.end
            batch, rows = batch.filter(pa.array(inside)), rows[inside]
            places = np.searchsorted(numbers.chosen.held_out, rows)
            validation = numbers.chosen.holds_out(rows)
            rows = np.where(validation, places, rows - places)
        yield pa.record_batch(
            [
                pa.array(rows),
                pa.array(validation),
                *(batch.column(name) for name in _KEPT),
            ],
            names=["row", "validation", *_KEPT],
        )


def counted(
    batches: Iterator[pa.RecordBatch], shape: tuple[int, int, int], dtype: str, scale: float,
    pad: tuple[int, int], encoded: Form | None,
) -> Iterator[pa.RecordBatch]:  # fmt: skip
    """One row for each batch of NUMBERED rows: what is counted of the images to train with, and the
    labels of those to validate with."""
    for batch in batches:
        validation = batch.column("validation")
        kept = batch.filter(pa.compute.invert(validation))
        if encoded is not None:
            pixels = Encoded.of("", pa.table({"image": kept.column("image")}), encoded)[:]
        else:
            joined = b"".join(kept.column("image").to_pylist())
            pixels = np.frombuffer(joined, dtype).reshape(-1, *shape)
        labels = labels_of(kept) if kept.num_rows else labels_of(batch)[:0]
        train = count(Images(pixels, labels, weights_of(kept)), scale, pad)
        pairs = list(times_of(labels_of(batch)[validation.to_numpy(zero_copy_only=False)]).items())
        yield pa.record_batch([[train.to_json()], [json.dumps(pairs)]], names=["train", "held_out"])


def weights_of(batch: pa.RecordBatch) -> NDArray[np.float32] | None:
    """Those of rows, if they have any."""
    column = batch.column("weight")
    return None if column.null_count else column.to_numpy().astype(np.float32)


def images_frame(session: "SparkSession", train: Images, validation: Images) -> "DataFrame":
    """One row an image: its place, validation, image (bytes), label, answers and weight or null."""
    parts = [(train, False), (validation, True)]
    batches = [
        _batch(images, held_out, start)
        for images, held_out in parts
        for start in range(0, len(images), _rows_of_chunk(images))
    ]
    return session.createDataFrame(pa.Table.from_batches(batches))


def _label_columns(labels: NDArray[Any]) -> dict[str, pa.Array]:
    if labels.ndim == 1:
        return {"label": pa.array(labels), "answers": pa.nulls(len(labels), pa.binary())}
    answers = pa.array([row.tobytes() for row in labels], pa.binary())
    return {"label": pa.array(np.zeros(len(labels), np.int32)), "answers": answers}


def _rows_of_chunk(images: Images) -> int:
    return max(1, _CHUNK_BYTES // max(1, images.pixels[:1].nbytes))  # of none there are none


def as_bytes(array: NDArray[Any]) -> pa.Array:
    """The bytes of each row, without a copy: of some rows, of less than 2 GiB."""
    size = array[0].nbytes
    offsets = np.arange(0, (len(array) + 1) * size, size, dtype=np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(array)]
    return pa.Array.from_buffers(pa.binary(), len(array), buffers)


def _batch(images: Images, held_out: bool, start: int) -> pa.RecordBatch:
    count = min(_rows_of_chunk(images), len(images) - start)
    pixels = images.pixels
    if isinstance(pixels, np.ndarray):
        data = as_bytes(pixels[start : start + count])
    else:
        data = pa.array([pixels.raw(k) for k in range(start, start + count)], pa.binary())
    columns = {
        "row": pa.array(np.arange(start, start + count, dtype=np.int64)),
        "validation": pa.array(np.full(count, held_out)),
        "image": data,
        **_label_columns(images.labels[start : start + count]),
        "weight": pa.nulls(count, pa.float32())
        if images.weights is None
        else pa.array(images.weights[start : start + count]),
    }
    return pa.RecordBatch.from_pydict(columns)
