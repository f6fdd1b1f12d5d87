"""Tables that a program has, Spark's among them, with columns for a net's inputs."""

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute

from lenet.dsl.graph import Graph
from lenet.dsl.messages.clean import clean
from lenet.dsl.sections.data import Data
from lenet.dsl.training.values import Train
from lenet.runtime.data.columns import Columns
from lenet.runtime.data.dataset import DataError, Dataset
from lenet.runtime.data.features import column_of, columns_for
from lenet.runtime.data.formats.columns import dataset_of_columns
from lenet.runtime.data.raw_rows import ordered, table_of
from lenet.runtime.data.target import Target
from lenet.runtime.datasets import Wanted

_USUAL = Columns()


def of_columns(data: Any, graph: Graph, section: Data, columns: Columns | None) -> Dataset:
    """The rows of a table as the section says; `columns` may name those that tell which rows
    validate, and how much each counts. The rows of Spark's DataFrames have no order, so they get
    one: that of their values. DataError."""
    columns = columns or _USUAL
    if columns.label not in (_USUAL.label, section.label):
        raise DataError(
            f"the file predicts {clean(section.label)}, and not {clean(columns.label)}", "",
            f"write `predict {clean(columns.label)}` in its section `data`",
        )  # fmt: skip
    if columns.weight:
        section = replace(section, weight=columns.weight)
    if columns.validation and (section.series or section.liked):
        raise DataError(
            "no column can say which rows validate where rows are not looked at one by one",
            "The file is about `series`, or about what is `liked`.",
            "write `validate last 20 percent`, or `validate newest of …`",
        )
    if hasattr(data, "sparkSession"):
        from lenet.runtime.spark.columns import collected

        table = ordered(collected(data, _needed(graph, section, columns)))
    else:
        table = table_of(data)
    train, test = table, None
    if columns.validation:
        marks = column_of(table, columns.validation)
        if not pa.types.is_boolean(marks.type):
            marks = _as_marks(marks, columns.validation)
        held_out = pa.compute.fill_null(marks, False)
        train, test = table.filter(pa.compute.invert(held_out)), table.filter(held_out)
        if not train.num_rows or not test.num_rows:
            lacking = "validate" if train.num_rows else "train"
            raise DataError(
                f"the column {clean(columns.validation)} leaves no rows to {lacking} with"
            )
        section = replace(section, validate=0, split=None)  # which the column comes before
    seed = graph.train.seed if graph.train else Train.seed
    wanted = Wanted(section, target=Target.of(graph), inputs=graph.inputs, seed=seed)
    return dataset_of_columns(train, test, wanted)


def _as_marks(column: pa.Array, name: str) -> pa.Array:
    """Numbers as marks, all but 0 are true; DataError for what is none."""
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise DataError(
            f"the column {clean(name)} is to say which rows validate, and is {kind}", "",
            "make it true or false",
        )  # fmt: skip
    return column.cast(pa.bool_())


def _needed(graph: Graph, section: Data, columns: Columns) -> tuple[str, ...]:
    """The columns that are looked at, each once."""
    names = [name for own in columns_for(graph.inputs, section) for name in own]
    if section.series is not None:
        names += [section.series.by, section.series.order]
    elif section.liked is not None:
        names += [section.liked.order]
    else:
        names += Target.of(graph).columns or (section.label,)
        names += [section.weight]
    names += [columns.validation or "", section.split.column if section.split else ""]
    return tuple(dict.fromkeys(name for name in names if name))
