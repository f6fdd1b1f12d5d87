"""A DataFrame as something to train on: every row checked, and numbered for good.

The rows' numbers follow from what is in them, or from the files that they come from, and so they do
not depend on how Spark has cut the data into partitions.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from lenet.dsl.sections.data import Data
from lenet.dsl.shapes import Shape, as_image
from lenet.dsl.training.values import Train
from lenet.runtime.data.columns import Columns
from lenet.runtime.data.counts import Counts, together
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.formats.pictures import Layout
from lenet.runtime.data.formats.tables import check_pictures
from lenet.runtime.data.preparation import Preparation
from lenet.runtime.data.rows import READY, labels_of, unusable
from lenet.runtime.data.splits import parted
from lenet.runtime.data.streaming import Streaming
from lenet.runtime.data.target import Target
from lenet.runtime.data.values import Form, form_of_encoded
from lenet.runtime.models.model import Model
from lenet.runtime.spark.columns import (
    answer_column,
    image_column,
    key_column,
    label_column,
    named,
    weight_column,
)
from lenet.runtime.spark.failures import run_action
from lenet.runtime.spark.predict import RESULT
from lenet.runtime.spark.rows import COUNTED, NUMBERED, SURVEY, Numbers
from lenet.runtime.spark.session import check_session
from lenet.runtime.spark.ship import shipped
from lenet.runtime.spark.slots import slots
from lenet.runtime.training.source import Source

_CLASS = Target()
_PARTITIONS = 4  # for each slot, of the rows when they are ordered


@dataclass(frozen=True, eq=False)
class FrameSource(Source):
    """Rows to train and to validate with, numbered, on the cluster."""

    session: SparkSession
    numbered: DataFrame
    kept: DataFrame
    form: Form

    @property
    def encoded(self) -> Form | None:
        return form_of_encoded(self.form) if self.form.encoded else None

    def _count(self) -> tuple[Counts, dict[int, int]]:
        given = self.shape, self.dtype, self.scale, self.pad, self.encoded
        task = shipped(self.session, "rows.counted", *given)
        found = run_action(self.session, self.numbered.mapInArrow(task, COUNTED).collect)
        train = together(Counts.from_json(row["train"]) for row in found)
        held_out: Counter[int] = Counter()
        for row in found:
            held_out.update(dict(json.loads(row["held_out"])))
        return train, dict(sorted(held_out.items()))

    def held_out_labels(self) -> NDArray[Any]:
        if not self.answers:
            times = self.counted[1]
            return np.repeat(np.array(list(times), np.int32), list(times.values()))
        validation = self.numbered.filter("validation").select("label", "answers")
        batches = run_action(self.session, validation.toArrow).to_batches()
        return np.concatenate([labels_of(batch) for batch in batches if batch.num_rows])

    def frame(self, session: SparkSession) -> DataFrame:
        return self.numbered

    def close(self) -> None:
        self.kept.unpersist()


def source_of(
    frame: DataFrame, columns: Columns, input_shape: Shape, section: Data | None,
    seed: int = Train.seed, name: str = "the DataFrame", held_out: Column | None = None,
    order: tuple[Column, Column] | None = None, form: Form | None = None,
    target: Target = _CLASS, streaming: Streaming | None = None, names: tuple[str, ...] = (),
) -> FrameSource:  # fmt: skip
    """Check and number the rows of a DataFrame, as the data section says.

    `input_shape` is that of the images before `pad`. `order` are columns by which rows are ordered,
    a text and a number; without them it is by content. `form` tells how to read a column of
    pictures' paths, `target` what the net answers, `streaming` which pictures stay encoded. Labels
    that are numbers may have `names`. Raises DataError with the first row that cannot be used.
    """
    session = frame.sparkSession
    check_session(session)
    section = section or Data("frame")
    if columns.validation is not None:
        held_out = named(frame, columns.validation).cast("boolean")
    if form is not None:
        form = replace(form, pad=section.pad)
        image, label = frame[columns.image], frame[columns.label]
    else:
        image, kind, dtype = image_column(frame, columns.image)
        classes = None
        if target.is_class:
            label, classes = label_column(frame, columns.label, section)
        else:
            label = answer_column(frame, target.columns or (columns.label,))
        shape = as_image(input_shape)
        form = Form(
            kind, shape, section.pad, dtype, classes, order is None, section.first,
            Preparation.of(section, shape), weighted=columns.weight is not None, target=target,
        )  # fmt: skip
        check_pictures(form, section, name)
    if streaming is not None and form.image != "list":
        form = replace(form, encoded=streaming.why_on_workers(frame.count, form.size))
    path, place = order or (F.lit(""), F.monotonically_increasing_id())
    held = [column for column in (held_out, F.lit(False)) if column is not None]
    chosen = frame.select(
        image.alias("image"), label.alias("label"),
        weight_column(frame, columns.weight).alias("weight"),
        F.coalesce(*held).alias("held_out"), path.alias("path"), place.cast("long").alias("place"),
        key_column(frame, columns, order is not None).alias("key"),
    )  # fmt: skip
    ready = chosen.mapInArrow(shipped(session, "rows.ready", form), READY)
    by = ("place", "path") if order is None else ("path", "place")
    kept = kept_in_order(ready, *by)
    try:
        skip = section.skip_unreadable
        look = kept.mapInArrow(shipped(session, "rows.survey", skip), SURVEY).collect
        found = run_action(session, look)
        source = numbered(
            session, kept, found, form, section, columns, seed, name,
            lambda text, count, picture: unusable(name, text, count, picture, form),
        )  # fmt: skip
        return replace(source, classes=source.classes or names)
    except BaseException:
        kept.unpersist()
        raise


def kept_in_order(frame: DataFrame, *by: Column | str) -> DataFrame:
    """Rows as `sort` orders them, but in some partitions for each slot; kept by the executors."""
    ranges = frame.repartitionByRange(_PARTITIONS * slots(frame.sparkSession), *by)
    return ranges.sortWithinPartitions(*by).persist(StorageLevel.MEMORY_AND_DISK)


def numbered(
    session: SparkSession, kept: DataFrame, found: list[Any], form: Form, section: Data,
    columns: Columns, seed: int, name: str, refused: Callable[[str, int, bool], DataError],
) -> FrameSource:  # fmt: skip
    """Kept READY rows, of which SURVEY has `found` something, as a source. Raises what `refused`
    makes of the first problem, how many rows have one, and whether it is that a row is unreadable.
    """
    found = sorted(found, key=lambda row: row["partition"])
    bad = [row for row in found if row["problems"]]
    if bad:
        first = bad[0]  # in the order of the rows
        number = sum(row["problems"] for row in bad)
        raise refused(first["problem"], number, first["unreadable"])
    held = sum(row["held_out"] for row in found)
    rows = sum(row["rows"] for row in found) - held
    left_out = [text for row in found for text in row["left_out"]]
    if rows == 0:
        detail = f"{left_out[0]}." if left_out else ""
        raise DataError(f"{name} has no rows to train on", detail)
    chosen = None
    if columns.validation is None and section.holds_out:
        if held:
            detail = "The data section says `validate`, and rows to validate with are there too."
            raise DataError("there are two sets to validate with", detail, "leave one of them out")
        chosen = parted(section, rows, seed)
        rows, held = len(chosen.kept), len(chosen.held_out)
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
    classes = form.classes or ()
    if not form.target.is_class:
        classes = form.target.names(columns.label)
    checksum = sum(row["sum"] for row in found) % 2**64
    return FrameSource(
        name, shape, form.dtype, rows, held, largest, classes,
        1 / 255 if form.dtype == "uint8" else 1.0, f"{rows} {held} {checksum:016x}",
        tuple(sorted(left_out)), form.pad, form.weighted, form.target.count_beside, None, session,
        numbered, kept, form,
    )  # fmt: skip


def prediction_column(frame: DataFrame, name: str, model: Model) -> Column:
    """What a model predicts for a column of images, or for the columns that it reads; see
    runtime/spark/predict.py. DataError where they are not there."""
    check_session(frame.sparkSession)
    if model.features is not None:
        model.features.check_there(frame.columns)
        given = F.struct(*(named(frame, column) for column in model.features.names))
    else:
        given, _, _ = image_column(frame, name)
    found: Column = prediction_function(frame.sparkSession, model)(given)
    return found


def prediction_function(session: SparkSession, model: Model) -> Any:
    """The same as a function of columns."""
    check_session(session)
    task = shipped(session, "predict.predict", model.to_bytes())
    task.__annotations__ = {"batches": Iterator[pa.Array], "return": Iterator[pa.Array]}
    make: Any = F.arrow_udf
    return make(task, RESULT)


def read_pictures(
    session: SparkSession, path: str, input_shape: Shape, section: Data, seed: int,
    streaming: Streaming | None = None,
) -> FrameSource:  # fmt: skip
    """Pictures in folders, a class each, read in the executors (runtime/data/formats/pictures.py).

    Every executor sees them under the same path.
    """
    layout = Layout.of(Path(path))
    form = layout.form(input_shape, section)
    # Listed here, as the local engine does it: Spark would leave out other files than we do.
    files = session.createDataFrame(layout.table(tests=not section.holds_out))
    files = files.repartition(_PARTITIONS * slots(session))
    # The paths in messages are those that the local engine gives.
    shown = files.withColumn("", files["path"])
    return source_of(
        shown, Columns(key=""), input_shape, section, seed, layout.name, shown["held_out"],
        (shown["order"], F.lit(None)), form, streaming=streaming,
    )  # fmt: skip
