"""A DataFrame as something to train on: every row checked, and numbered for good.

The rows' numbers follow from what is in them, or from the files that they come from, and so they do
not depend on how Spark has cut the data into partitions.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from dsl.errors import LenetError
from dsl.shapes import Shape
from runtime.data.dataset import DataError, chosen_rows
from runtime.data.pictures import ENDINGS, Layout
from runtime.data.rows import READY, Form, as_image
from runtime.data.statistics import Normal, of_bytes, of_floats
from runtime.model import Model
from runtime.source import Source
from runtime.spark.failures import known_cause, spark_error, summary
from runtime.spark.predict import RESULT
from runtime.spark.rows import NUMBERED, SURVEY, TOTALS, Numbers
from runtime.spark.session import check_session
from runtime.spark.ship import shipped
from runtime.spark.slots import slots

_BYTES = ("tinyint", "smallint", "int", "bigint")
_FLOATS = ("float", "double")
_PARTITIONS = 4  # for each slot, of the rows when they are ordered


@dataclass(frozen=True)
class Columns:
    """Names of a DataFrame's columns. `key` names a row in messages; `validation` is true of rows
    to validate with. None: not there."""

    image: str = "image"
    label: str = "label"
    validation: str | None = None
    key: str | None = None


@dataclass(frozen=True, eq=False)
class FrameSource(Source):
    """Rows to train and to validate with, numbered, on the cluster."""

    session: SparkSession
    numbered: DataFrame
    kept: DataFrame

    def statistics(self, channels: int) -> Normal:
        task = shipped(self.session, "rows.total", channels, self.dtype)
        found = _run(self.session, self.numbered.mapInArrow(task, TOTALS).collect)
        sums = [[0] * (256 if self.dtype == "uint8" else 3) for _ in range(channels)]
        for row in found:
            for k, value in enumerate(bytes(row["sums"]).decode().split(",")):
                sums[row["channel"]][k] += int(value)
        return of_bytes(sums, self.scale) if self.dtype == "uint8" else of_floats(sums)

    def frame(self, session: SparkSession) -> DataFrame:
        return self.numbered

    def close(self) -> None:
        self.kept.unpersist()


def source_of(
    frame: DataFrame, columns: Columns, input_shape: Shape, pad: tuple[int, int],
    validate: int = 0, seed: int = 1, name: str = "the DataFrame",
    classes: tuple[str, ...] | None = None, held_out: Column | None = None,
    order: tuple[Column, Column] | None = None, pictures: bool = False,
) -> FrameSource:  # fmt: skip
    """Check and number the rows of a DataFrame.

    `input_shape` is that of the images before `pad`. With `validate`, so many rows are held out.
    `order` are columns by which rows are ordered, a text and a number; without them it is by
    content. With `classes` the labels are their names; with `pictures` the images are encoded.
    Raises DataError with the first row that cannot be used.
    """
    check_session(frame.sparkSession)
    image, kind, dtype = _image_column(frame, columns.image)
    kind = "picture" if pictures else kind
    label = _column(frame, columns.label)
    if classes is None:
        label = label.cast("double")
    if columns.validation is not None:
        held_out = _column(frame, columns.validation).cast("boolean")
    form = Form(kind, as_image(input_shape), pad, dtype, classes, order is None)
    key = F.lit(None).cast("string")
    if columns.key is not None:
        key = F.concat(F.lit(f"{columns.key} "), _column(frame, columns.key).cast("string"))
    path, place = order or (F.lit(""), F.monotonically_increasing_id())
    held = [column for column in (held_out, F.lit(False)) if column is not None]
    session = frame.sparkSession
    chosen = frame.select(
        image.alias("image"), label.alias("label"),
        F.coalesce(*held).alias("held_out"),
        path.alias("path"), place.cast("long").alias("place"), key.alias("key"),
    )  # fmt: skip
    ready = chosen.mapInArrow(shipped(session, "rows.ready", form), READY)
    by = ("place", "path") if order is None else ("path", "place")
    # As `sort` does it, but into some partitions for each slot.
    ordered = ready.repartitionByRange(_PARTITIONS * slots(session), *by).sortWithinPartitions(*by)
    kept = ordered.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        found = _run(session, kept.mapInArrow(shipped(session, "rows.survey"), SURVEY).collect)
        return _numbered(session, kept, found, form, validate, seed, name)
    except BaseException:
        kept.unpersist()
        raise


def _numbered(
    session: SparkSession, kept: DataFrame, found: list[Any], form: Form, validate: int, seed: int,
    name: str,
) -> FrameSource:  # fmt: skip
    found = sorted(found, key=lambda row: row["partition"])
    problems = [row["problem"] for row in found if row["problems"]]
    if problems:
        count = sum(row["problems"] for row in found)
        others = f", and {count - 1:,} others" if count > 1 else ""
        raise DataError(f"{name} has a row that cannot be used{others}", f"{min(problems)}.")
    held = sum(row["held_out"] for row in found)
    rows = sum(row["rows"] for row in found) - held
    if rows == 0:
        raise DataError(f"{name} has no rows to train on")
    chosen = None
    if validate:
        if held:
            detail = "The data section says `validate`, and rows to validate with are there too."
            raise DataError("there are two sets to validate with", detail, "leave one of them out")
        chosen = np.sort(chosen_rows(rows, validate, seed)).astype(np.int64)
        rows, held = rows - validate, validate
    starts: tuple[dict[int, int], dict[int, int]] = ({}, {})
    next_train = next_held = 0
    for row in found:
        starts[0][row["partition"]], starts[1][row["partition"]] = next_train, next_held
        next_train += row["rows"] - row["held_out"]
        next_held += row["held_out"]
    numbers = Numbers(*starts, chosen)
    numbered = kept.mapInArrow(shipped(session, "rows.number", numbers), NUMBERED)
    channels, height, width = form.shape
    shape = (channels, height + 2 * form.pad[0], width + 2 * form.pad[1])
    largest = max(row["largest"] for row in found)
    checksum = sum(row["sum"] for row in found) % 2**64
    return FrameSource(
        name, shape, form.dtype, rows, held, largest,
        form.classes or tuple(str(k) for k in range(largest + 1)),
        1 / 255 if form.dtype == "uint8" else 1.0, f"{rows} {held} {checksum:016x}", session,
        numbered, kept,
    )  # fmt: skip


def prediction_column(frame: DataFrame, name: str, model: Model) -> Column:
    """What a model predicts for a column of images; see runtime/spark/predict.py."""
    check_session(frame.sparkSession)
    image, _, _ = _image_column(frame, name)
    found: Column = prediction_function(frame.sparkSession, model)(image)
    return found


def prediction_function(session: SparkSession, model: Model) -> Any:
    """The same as a function of columns."""
    check_session(session)
    task = shipped(session, "predict.predict", model.to_bytes())
    task.__annotations__ = {"batches": Iterator[pa.Array], "return": Iterator[pa.Array]}
    make: Any = F.arrow_udf
    return make(task, RESULT)


def _column(frame: DataFrame, name: str) -> Column:
    if name not in frame.columns:
        listed = ", ".join(frame.columns)
        raise DataError(f"there is no column {name}", f"The columns are {listed}.")
    return frame[name]


def _image_column(frame: DataFrame, name: str) -> tuple[Column, str, str]:
    """The column, how its images are written, and the type of their values."""
    column = _column(frame, name)
    kind = dict(frame.dtypes)[name]
    if kind == "binary":
        return column, "bytes", "uint8"
    if kind == "vector" or kind.startswith("struct<type:tinyint"):
        from pyspark.ml.functions import vector_to_array

        return vector_to_array(column, "float32"), "list", "float32"
    if kind.startswith("array<"):
        inner = kind[6:-1]
        if inner in _BYTES:
            return column.cast("array<smallint>") if inner == "tinyint" else column, "list", "uint8"
        if inner in _FLOATS or inner.startswith("decimal"):
            return column.cast("array<float>"), "list", "float32"
    if {"nChannels", "data", "height", "width"} <= set(_fields(frame, name)):
        return column, "struct", "uint8"
    raise DataError(
        f"the column {name} has the type {kind}",
        "Images are binary, arrays of numbers, vectors, or Spark's image structs.",
    )


def _fields(frame: DataFrame, name: str) -> list[str]:
    fields = getattr(frame.schema[name].dataType, "fieldNames", None)
    return list(fields()) if fields else []


def read_parquet(
    session: SparkSession, path: str, columns: Columns, input_shape: Shape, pad: tuple[int, int],
    validate: int, seed: int,
) -> FrameSource:  # fmt: skip
    """PATH/train and PATH/test, or one file or folder; rows in the order of files and rows."""
    hadoop = session.sparkContext._jvm.org.apache.hadoop.fs.Path  # type: ignore[union-attr]
    place = path if "://" in path else f"file://{os.path.abspath(path)}"

    def there(name: str) -> bool:
        full = hadoop(f"{place}/{name}")
        system = full.getFileSystem(session.sparkContext._jsc.hadoopConfiguration())
        return bool(system.exists(full))

    def read(where: str) -> DataFrame:
        try:
            return session.read.parquet(where).select(
                "*", F.col("_metadata.file_path").alias("!path"),
                F.col("_metadata.row_index").alias("!row"),
            )  # fmt: skip
        except Exception as error:  # whatever Spark finds
            unforeseen = DataError(f"Cannot read {path}.", summary(error))
            raise known_cause(error, session) or unforeseen from None

    if _run(session, lambda: there("train")):
        frame = read(f"{place}/train").withColumn("!held", F.lit(False))
        if there("test"):
            frame = frame.unionByName(read(f"{place}/test").withColumn("!held", F.lit(True)))
    else:
        frame = read(place).withColumn("!held", F.lit(False))
    return source_of(
        frame, columns, input_shape, pad, validate, seed, os.path.basename(path.rstrip("/")),
        held_out=frame["!held"], order=(frame["!path"], frame["!row"]),
    )  # fmt: skip


def read_pictures(
    session: SparkSession, path: str, input_shape: Shape, pad: tuple[int, int], validate: int,
    seed: int,
) -> FrameSource:  # fmt: skip
    """Pictures in folders, a class each, decoded in the executors; see runtime/data/pictures.py.

    Every executor sees them under the same path.
    """
    layout = Layout.of(Path(path))
    frames = []
    for root, held in ((layout.train, False), (layout.test, True)):
        if root is None:
            continue
        layout.pictures(root)  # DataError where there are none
        # Spark gives file:/a/b.png for /a/b.png.
        behind = F.substring("path", len(f"file:{root.absolute()}/") + 1, 10_000)
        frame = session.read.format("binaryFile").option("recursiveFileLookup", "true")
        found = frame.load(f"file://{root.absolute()}").where(
            F.lower(F.regexp_extract("path", r"(\.[^./]*)$", 1)).isin(*ENDINGS)
        )
        frames.append(
            found.select(
                F.col("content").alias("image"), F.split(behind, "/").getItem(0).alias("label"),
                behind.alias("!path"), F.lit(held).alias("!held"),
            )
        )  # fmt: skip
    whole = reduce(DataFrame.unionAll, frames)
    return source_of(
        whole, Columns(), input_shape, pad, validate, seed, layout.name, layout.classes,
        whole["!held"], (whole["!path"], F.lit(None)), pictures=True,
    )  # fmt: skip


def _run(session: SparkSession, action: Any) -> Any:
    """What Spark gives, or what went wrong in one line."""
    try:
        return action()
    except LenetError:
        raise
    except Exception as error:  # anything from Java, py4j or a task
        raise spark_error(error, "Spark could not read the data", session) from None
