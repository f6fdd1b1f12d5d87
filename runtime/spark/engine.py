"""The driver: ships the images to one barrier stage, listens while it trains, collects."""

import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark import InheritableThread
from pyspark.sql import DataFrame, SparkSession

from dsl.errors import LenetError
from runtime.data.dataset import Images
from runtime.spark.progress import Listener
from runtime.spark.session import local_cores, summary
from runtime.spark.task import RESULT, Counts, make_task, read_rows
from runtime.training import Job

_CHUNK_BYTES = 64 * 2**20  # of pixels in one Arrow chunk


def train_on_spark(
    session: SparkSession,
    job: Job,
    train: Images,
    validation: Images,
    report: Callable[[dict[str, Any]], None],
) -> dict[str, NDArray[np.float32]]:
    """Run the whole training as one barrier stage; the tensors by name.

    Raises LenetError for whatever stops the job, and cancels it on KeyboardInterrupt.
    """
    counts = Counts(train.pixels.shape[1:], len(train), len(validation))
    context = session.sparkContext
    local = local_cores(context.master or "") is not None
    host = "127.0.0.1" if local else context.getConf().get("spark.driver.host", "127.0.0.1")
    listener = Listener(host or "127.0.0.1", report)
    try:
        frame = images_frame(session, train, validation).repartition(1)
        task = make_task(job, counts, listener.address)
        # The shuffle behind the stage lets Spark run it again when an executor dies.
        result = frame.mapInArrow(task, RESULT, barrier=True).repartition(1)
        rows = _collect(session, result, listener, f"lenet train {job.path}")
        listener.drain()
    finally:
        listener.close()
    return read_rows((row["name"], row["shape"], bytes(row["data"])) for row in rows)


def images_frame(session: SparkSession, train: Images, validation: Images) -> DataFrame:
    """One row an image: row (its place), validation, image (bytes), label."""
    parts = [(train, False), (validation, True)]
    batches = [
        _batch(images, held_out, start)
        for images, held_out in parts
        for start in range(0, len(images), _rows_of_chunk(images))
    ]
    return session.createDataFrame(pa.Table.from_batches(batches))


def _rows_of_chunk(images: Images) -> int:
    return max(1, _CHUNK_BYTES // images.pixels[0].size)


def _batch(images: Images, held_out: bool, start: int) -> pa.RecordBatch:
    pixels = images.pixels[start : start + _rows_of_chunk(images)]
    count, size = len(pixels), pixels[0].size
    offsets = np.arange(0, (count + 1) * size, size, dtype=np.int32)
    data = pa.Array.from_buffers(
        pa.binary(), count, [None, pa.py_buffer(offsets), pa.py_buffer(pixels)]
    )
    columns = {
        "row": pa.array(np.arange(start, start + count, dtype=np.int64)),
        "validation": pa.array(np.full(count, held_out)),
        "image": data,
        "label": pa.array(images.labels[start : start + count]),
    }
    return pa.RecordBatch.from_pydict(columns)


def _collect(
    session: SparkSession, frame: DataFrame, listener: Listener, description: str
) -> list[Any]:
    """`frame.collect()` in a thread of its own, so that Ctrl-C and failures can cancel it."""
    outcome: dict[str, Any] = {}
    group = f"lenet-{uuid.uuid4().hex[:12]}"

    def action() -> None:
        # A job group and not a tag: in Spark 4.3 `interruptTag` finds no jobs of `collect`.
        session.sparkContext.setJobGroup(group, description, interruptOnCancel=True)
        try:
            outcome["rows"] = frame.collect()
        except BaseException as error:  # handed on below
            outcome["error"] = error

    thread = InheritableThread(target=action, session=session)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.1)
            if listener.failure is not None:
                break
    except BaseException:
        _cancel(session, thread, group)
        raise
    if listener.failure is not None:
        _cancel(session, thread, group)
        raise listener.failure
    if "error" in outcome:
        detail = summary(outcome["error"])
        raise LenetError("the training failed in Spark", detail)
    rows: list[Any] = outcome["rows"]
    return rows


def _cancel(session: SparkSession, thread: InheritableThread, group: str) -> None:
    session.sparkContext.cancelJobGroup(group)
    thread.join(10)
