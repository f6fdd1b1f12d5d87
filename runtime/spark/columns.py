"""What the columns of a DataFrame hold: images, labels, and what a row is called."""

from contextlib import suppress

import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lenet.dsl.messages.clean import clean
from lenet.dsl.sections.data import Data
from lenet.runtime.data.columns import Columns
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.labels import MOST_CLASSES, names_of, no_numbers, one_hot
from lenet.runtime.spark.failures import run_action

_BYTES = ("tinyint", "smallint", "int", "bigint")
_FLOATS = ("float", "double")


def named(frame: DataFrame, name: str) -> Column:
    """A column by its name; DataError where there is none, or are two."""
    if name not in frame.columns:
        listed = ", ".join(frame.columns)
        raise DataError(f"there is no column {name}", f"The columns are {listed}.")
    if frame.columns.count(name) > 1:
        raise DataError(f"there are two columns {name}", "", "rename or drop one of them")
    quoted = name.replace("`", "``")
    return F.col(f"`{quoted}`")  # which may have a dot in its name


def _array_of(frame: DataFrame, vectors: Column, kind: str) -> Column:
    """Vectors of Spark ML as arrays of such numbers."""
    from pyspark.ml.functions import vector_to_array

    register_vectors(frame)
    return vector_to_array(vectors, kind)


def register_vectors(frame: DataFrame) -> None:
    """For functions of vectors and arrays in the frame's session. Spark knows them once a class is
    loaded, which our sessions do not do at their start: it takes a second."""
    jvm = frame.sparkSession.sparkContext._jvm
    assert jvm is not None
    with suppress(Py4JError):  # a Spark that keeps them elsewhere has them from the start
        jvm.java.lang.Class.forName("org.apache.spark.sql.ml.InternalFunctionRegistration$")


def image_column(frame: DataFrame, name: str) -> tuple[Column, str, str]:
    """The column, how its images are written, and the type of their values."""
    column = named(frame, name)
    kind = dict(frame.dtypes)[name]
    if kind == "binary":
        return column, "bytes", "uint8"
    if kind == "vector" or kind.startswith("struct<type:tinyint"):
        return _array_of(frame, column, "float32"), "list", "float32"
    if kind.startswith("array<"):
        inner = kind[6:-1]
        if inner in _BYTES:
            return column.cast("array<smallint>") if inner == "tinyint" else column, "list", "uint8"
        if inner in _FLOATS or inner.startswith("decimal"):
            return column.cast("array<float>"), "list", "float32"
    if sorted(_fields(frame, name)) == ["bytes", "path"]:  # as Hugging Face has pictures
        return column.getField("bytes"), "bytes", "uint8"
    if {"nChannels", "data", "height", "width"} <= set(_fields(frame, name)):
        return column, "struct", "uint8"
    raise DataError(
        f"the column {name} has the type {kind}",
        "Images are binary, arrays of numbers, vectors, or Spark's image structs.",
    )


def _fields(frame: DataFrame, name: str) -> list[str]:
    fields = getattr(frame.schema[name].dataType, "fieldNames", None)
    return list(fields()) if fields else []


def weight_column(frame: DataFrame, name: str | None) -> Column:
    """How much each row counts; nulls where no column says it."""
    if name is None:
        return F.lit(None).cast("float")
    column, kind = named(frame, name), dict(frame.dtypes)[name]
    if kind not in (*_BYTES, *_FLOATS) and not kind.startswith("decimal"):
        raise DataError(f"the weights are numbers, but the column {clean(name)} is {kind}")
    return column.cast("double")


def label_column(
    frame: DataFrame, name: str, section: Data
) -> tuple[Column, tuple[str, ...] | None]:
    """The labels as numbers, or as the text that names their classes."""
    label, kind = named(frame, name), dict(frame.dtypes)[name]
    if kind == "vector" or kind.startswith(("array<", "struct<type:tinyint")):
        array = f"array_position(`{name}`, 1) - 1"
        if kind.startswith("array<"):
            raise one_hot(f"the column {name}", f'take its place: frame.withColumn("{name}", '
                          f'F.expr("{array}"))')  # fmt: skip
        raise one_hot(f"the column {name}", "turn it into an array with vector_to_array, and take "
                      f'F.expr("{array}")')  # fmt: skip
    if kind.startswith(("struct", "map", "binary", "date", "timestamp")):
        detail = "Labels are whole numbers, or text."
        raise DataError(f"the column {name} has the type {kind}", detail)
    if kind != "string" and not section.distinct:
        return label.cast("double"), None
    # How a number is written is left to `as_text`, as in this process.
    label = label.cast("string" if kind in ("string", "boolean") else "double")
    different = frame.select(label.alias("label")).distinct().limit(MOST_CLASSES + 2)
    found = run_action(frame.sparkSession, different.collect)
    values = [row["label"] for row in found]
    return label, names_of(values, f"the column {name}")


def answer_column(frame: DataFrame, names: tuple[str, ...]) -> Column:
    """Numbers, or yes and no, as an array of doubles; a single column may hold arrays, vectors."""
    found = []
    for name in names:
        column, kind = named(frame, name), dict(frame.dtypes)[name]
        if len(names) == 1 and (kind == "vector" or kind.startswith("struct<type:tinyint")):
            return _array_of(frame, column, "float64")
        if len(names) == 1 and kind.startswith("array<"):
            return column.cast("array<double>")
        if kind not in ("boolean", *_BYTES, *_FLOATS) and not kind.startswith("decimal"):
            raise no_numbers(name, kind)
        found.append(column.cast("double"))
    return F.array(*found)


def key_column(frame: DataFrame, columns: Columns, ordered: bool) -> Column:
    """How a row is called in messages: by the key column, or by its place in the file that it comes
    from."""
    if columns.key is not None:
        name = f"{columns.key} " if columns.key else ""
        return F.concat(F.lit(name), named(frame, columns.key).cast("string"))
    nothing = F.lit(None).cast("string")
    if ordered:
        return nothing
    # Spark adds it to rows that come from Parquet files as they are. To try would be to fail, and
    # pyspark logs each failure with Java's trace.
    hidden = frame._jdf.queryExecution().analyzed().metadataOutput()
    known = [hidden.apply(k) for k in range(hidden.size())]
    if not any(c.name() == "_metadata" and "row_index" in c.dataType().sql() for c in known):
        return nothing
    return F.concat(
        F.col("_metadata.file_path"), F.lit(", row "), F.col("_metadata.row_index"),
        F.lit(", counted from 0"),
    )  # fmt: skip


def collected(frame: DataFrame, names: tuple[str, ...]) -> pa.Table:
    """Some columns, in this process; what else there is, such as vectors, may be nothing for Arrow.
    What is not there is told by who looks for it."""
    there = [name for name in names if name in frame.columns]
    if not there:
        return pa.table({name: [] for name in frame.columns})
    columns = frame.select(*(named(frame, name) for name in there))
    return run_action(frame.sparkSession, columns.toArrow)
