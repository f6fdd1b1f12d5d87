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
from lenet.runtime.data.formats.columns import (
    check_parts,
    dataset_of_columns,
    marks_of,
    needed,
)
from lenet.runtime.data.raw_rows import ordered, table_of
from lenet.runtime.data.target import Target
from lenet.runtime.datasets import Wanted

_USUAL = Columns()


def of_columns(data: Any, graph: Graph, section: Data, columns: Columns | None) -> Dataset:
    """The rows of a table as the section says; `columns` may name those that tell which rows
    validate, and how much each counts. The rows of Spark's DataFrames have no order, so they get
    one: that of their values. DataError."""
    section = section_for(section, columns)
    if hasattr(data, "sparkSession"):
        from lenet.runtime.spark.columns import collected

        table = ordered(collected(data, _needed(graph, section, columns)))
    else:
        table = table_of(data)
    train, test = table, None
    if columns is not None and columns.validation:
        held_out = marks_of(table, columns.validation)
        train, test = table.filter(pa.compute.invert(held_out)), table.filter(held_out)
        check_parts(train.num_rows, test.num_rows, columns.validation)
    return dataset_of_columns(train, test, wanted_of(graph, section))


def frame_of_columns(data: Any, graph: Graph, section: Data, columns: Columns | None) -> Any:
    """The same of a DataFrame whose rows stay with Spark."""
    from lenet.runtime.spark.tables import table_source

    section = section_for(section, columns)
    names = _needed(graph, section, columns)
    return table_source(data, names, wanted_of(graph, section), columns or _USUAL)


def section_for(section: Data, columns: Columns | None) -> Data:
    """The section of rows that a program gives with such columns; DataError where they do not fit
    it."""
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
    if columns.validation:
        return replace(section, validate=0, split=None)  # which the column comes before
    return section


def wanted_of(graph: Graph, section: Data, argument: str = "") -> Wanted:
    """The rows of columns that a net needs."""
    seed = graph.train.seed if graph.train else Train.seed
    return Wanted(section, argument, target=Target.of(graph), inputs=graph.inputs, seed=seed)


def _needed(graph: Graph, section: Data, columns: Columns | None) -> tuple[str, ...]:
    marks = columns.validation if columns else None
    names = [*needed(graph.inputs, Target.of(graph), section), *([marks] if marks else [])]
    return tuple(dict.fromkeys(names))
