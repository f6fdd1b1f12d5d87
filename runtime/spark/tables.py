"""A table whose columns are for the inputs of a net, on a cluster: its rows stay there.

They are ordered by their values, or by the files that they come from; what is learnt of them is
counted in parts and added up, exactly. So the training does not depend on how Spark has cut them
into partitions, and is that of the same rows in this process.
"""

import json
import pickle
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_type
from pyspark.sql.types import StringType, StructField, StructType, UserDefinedType
from pyspark.storagelevel import StorageLevel

from lenet.dsl.messages.clean import clean
from lenet.dsl.shapes import product
from lenet.runtime.data.columns import Columns
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.features import DROP, Features, column_of, columns_for, counts_of
from lenet.runtime.data.formats.columns import (
    advice,
    answers_of,
    check_parts,
    left_out_or_filled,
    marks_of,
    weights_of,
)
from lenet.runtime.data.labels import MOST_CLASSES, names_of
from lenet.runtime.data.rows import READY
from lenet.runtime.data.splits import split_table
from lenet.runtime.data.values import Form
from lenet.runtime.datasets import Wanted
from lenet.runtime.inputs import Counts
from lenet.runtime.spark.columns import key_column, named
from lenet.runtime.spark.failures import run_action
from lenet.runtime.spark.frames import FrameSource, kept_in_order, numbered
from lenet.runtime.spark.rows import SURVEY
from lenet.runtime.spark.session import check_session
from lenet.runtime.spark.ship import shipped
from lenet.runtime.spark.table_rows import BY, COUNTED, KEY, LABEL, ROWS, Places


def table_source(
    frame: DataFrame, names: Sequence[str], wanted: Wanted, columns: Columns,
    order: tuple[str, ...] = (), name: str = "the data",
) -> FrameSource:  # fmt: skip
    """Rows of the columns with these names, as the section wants them; `columns` says what they are
    called, and which of them validate. They are ordered by the columns `order`, a path and a row's
    number, or else by all of the names. DataError where a row cannot be used."""
    check_session(frame.sparkSession)
    _check(frame, names, wanted, columns, name)
    key = key_column(frame, columns, bool(order))
    if order:
        path, row = (named(frame, own) for own in order)
        key = F.concat(F.lit("row "), row + 1, F.lit(" of "), path)
    chosen = [named(frame, own) for own in dict.fromkeys((*names, *order))]
    rows = frame.select(*chosen, key.alias(KEY))
    nested = [] if order else [f.name for f in rows.schema if hasattr(f.dataType, "elementType")]
    if nested:
        kinds = StructType([*rows.schema, *(StructField(f"{BY}{n}", StringType()) for n in nested)])
        task = shipped(frame.sparkSession, "table_rows.with_texts", tuple(nested))
        rows = rows.mapInArrow(task, kinds)
    by = [f"{BY}{own}" if own in nested else own for own in order or sorted(set(names))]
    kept = kept_in_order(rows, *(named(rows, own).asc_nulls_last() for own in by))
    try:
        return _Table(kept, wanted, columns, name).source()
    finally:
        kept.unpersist()


def _check(
    frame: DataFrame, names: Sequence[str], wanted: Wanted, columns: Columns, name: str
) -> None:
    """DataError where columns are not there, or not of their kind, as of a table without rows."""
    kinds = [(f.name, _kind(f) if f.name in names else pa.null()) for f in frame.schema.fields]
    empty = pa.schema(kinds).empty_table()
    if wanted.section.split is not None and wanted.section.split.column:
        column_of(empty, wanted.section.split.column)
    answers_of([empty], wanted, name)
    weights_of(empty, wanted.section, name)
    counts_of(wanted.inputs, columns_for(wanted.inputs, wanted.section), empty)
    if columns.validation:
        marks_of(empty, columns.validation)


def _kind(field: StructField) -> pa.DataType:
    """A column's type; DataError for one that no input takes."""
    vector = isinstance(field.dataType, UserDefinedType)
    try:
        if not vector:
            return to_arrow_type(field.dataType)
    except PySparkException:
        pass
    fix = "turn its values into columns: vector_to_array(column)[0], vector_to_array(column)[1], …"
    raise DataError(
        f"the column {clean(field.name)} has the type {field.dataType.simpleString()}",
        "Columns hold numbers, text, truths, times, or lists of categories.",
        fix if vector else "",
    )


@dataclass(frozen=True, eq=False)
class _Table:
    """Rows in their order, kept on the cluster until they are floats."""

    rows: DataFrame
    wanted: Wanted
    columns: Columns
    name: str

    def source(self) -> FrameSource:
        """See `table_source`."""
        section, target = self.wanted.section, self.wanted.target
        places = self._places()
        features = self._learnt(places)
        classes = self._classes(places)
        wanted = replace(self.wanted, classes=classes)
        ready = self.rows.mapInArrow(self._task("ready", wanted, features, places), READY)
        kept = ready.persist(StorageLevel.MEMORY_AND_DISK)
        try:
            look = shipped(self.session, "rows.survey", section.missing == DROP)
            found = run_action(self.session, kept.mapInArrow(look, SURVEY).collect)
            size = sum(product(given.shape) for given in self.wanted.inputs)
            form = Form(
                "bytes", (1, 1, size), (0, 0), "float32", classes,
                weighted=bool(section.weight), target=target,
            )  # fmt: skip
            whole = replace(section, validate=0, split=None)  # which has been done
            columns = replace(self.columns, label=section.label)
            source = numbered(
                self.session, kept, found, form, whole, columns, self.wanted.seed, self.name,
                self._refused,
            )  # fmt: skip
            if columns.validation:
                check_parts(source.rows, source.held_out, columns.validation)
            return replace(source, features=features)
        except BaseException:
            kept.unpersist()
            raise

    @property
    def session(self) -> SparkSession:
        return self.rows.sparkSession

    def _task(self, name: str, *arguments: Any) -> Any:
        return shipped(self.session, f"table_rows.{name}", *arguments)

    def _collected(self, frame: DataFrame) -> pa.Table:
        return run_action(self.session, frame.toArrow)

    def _places(self) -> Places:
        """Where the rows of each partition stand, and which ones validate."""
        found = run_action(self.session, self.rows.mapInArrow(self._task("rows"), ROWS).collect)
        starts, total = {}, 0
        for row in sorted(found, key=lambda row: row["partition"]):
            starts[row["partition"]] = total
            total += row["rows"]
        if not total:
            raise DataError(f"{self.name} has no rows to train on")
        section = self.wanted.section
        if section.split is not None and section.split.column:
            split = self._collected(self.rows.select(named(self.rows, section.split.column)))
        else:
            split = pa.table({"": pa.nulls(total)})
        return Places(
            starts, split_table(split, section, self.wanted.seed), self.columns.validation or ""
        )

    def _learnt(self, places: Places) -> Features:
        section, inputs = self.wanted.section, self.wanted.inputs
        counted = self.rows.mapInArrow(self._task("counts", self.wanted, places), COUNTED)
        found = run_action(self.session, counted.collect)
        for row in found:
            if row["error"] is not None:
                raise DataError(*json.loads(row["error"]))
        totals: list[Counts] = [Counter() for _ in inputs]
        for row in found:
            for total, own in zip(totals, pickle.loads(row["counts"]), strict=True):
                total.update(own)
        return Features.of_counts(inputs, columns_for(inputs, section), section.missing, totals)

    def _classes(self, places: Places) -> tuple[str, ...] | None:
        """The names of classes, where labels are text, or each different one is a class."""
        section, label = self.wanted.section, self.wanted.section.label
        if not self.wanted.target.is_class:
            return None
        column = self.rows.select(named(self.rows, label))
        if not section.distinct and not isinstance(column.schema[0].dataType, StringType):
            return None
        if section.split is not None and section.split.how == "period":  # not all are used
            labels = self._task("labels", label, places)
            column = self.rows.mapInArrow(labels, column.schema)
        different = self._collected(column.distinct().limit(MOST_CLASSES + 2))
        return names_of(different.column(0).to_pylist(), f"the column {label}")

    def _refused(self, problem: str, count: int, may_be_left_out: bool) -> DataError:
        others = f", and {count - 1:,} others" if count > 1 else ""
        more, fix = advice(self.wanted.section, of_classes=LABEL in problem)
        if may_be_left_out:
            more, fix = "", left_out_or_filled(problem)
        return DataError(
            f"{self.name} has a row that cannot be used{others}", f"{problem}. {more}".strip(), fix
        )
