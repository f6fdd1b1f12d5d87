"""Tables that executors read, predict and write, wherever Spark can."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean
from lenet.runtime.data.formats.chunks import is_csv
from lenet.runtime.data.labels import EMPTY
from lenet.runtime.models.answered_rows import answer_schema, features_of
from lenet.runtime.models.model import Model
from lenet.runtime.models.predicted_file import Written
from lenet.runtime.spark.columns import named
from lenet.runtime.spark.failures import run_action, spark_errors
from lenet.runtime.spark.hadoop import HadoopFolder
from lenet.runtime.spark.predict import NO_ROWS
from lenet.runtime.spark.ship import shipped


def predict_on_spark(
    session: SparkSession, model: Model, paths: list[str], output: str, ending: str
) -> Written:
    """As `predict_files`, of files that may be large, into a folder of files of that `ending`. What
    a row lies beside is kept; the order of files is not. LenetError, DataError."""
    features = features_of(model)
    text = is_csv(Path(paths[0]))
    if any(is_csv(Path(path)) != text for path in paths):
        raise LenetError("these are csv and parquet files", "", "predict them one by one")
    lines = predicted_lines(session, model, paths) if text else None
    if lines is not None:
        _write(session, lines, output, ending)
        if (written := _written(session, output, ending)) is not None:
            return written
        HadoopFolder(session, output).clear()
    with spark_errors(f"cannot read {paths[0]}", session):
        frame = csv_frame(session, paths) if text else session.read.parquet(*paths)
    features.check_there(frame.columns)
    found = _of_columns(session, model, frame, text)
    _write(session, found, output, ending)
    written = _written(session, output, ending)
    assert written is not None  # only lines say so
    return written


def predicted_lines(session: SparkSession, model: Model, paths: list[str]) -> DataFrame | None:
    """Of csv files whose lines may be rows; None where they are not."""
    with spark_errors(f"cannot read {paths[0]}", session):
        head = _head_of_lines(session, paths)
    if head is None:
        return None
    features_of(model).check_there(head[1])
    return _of_lines(session, model, paths, *head)


def _write(session: SparkSession, found: DataFrame, output: str, ending: str) -> None:
    with spark_errors(f"cannot write {output}", session):
        if ending == ".csv":
            found.write.csv(output, header=True, escape='"')
        else:
            found.write.parquet(output)


def _of_lines(
    session: SparkSession, model: Model, paths: list[str], header: str, names: list[str]
) -> DataFrame:
    """Python reads the rows of a csv file as it does without Spark, which takes a fraction of what
    Java needs for them, and several tasks read one file."""
    numbers = features_of(model).numbers
    columns = [(name, pa.float64() if name in numbers else pa.string()) for name in names]
    schema = from_arrow_schema(pa.schema([*columns, *answer_schema(model, tuple(names))]))
    task = shipped(
        session, "predict.lines", model.to_bytes(), tuple(names), _separator(paths)
    )  # fmt: skip
    lines = session.read.text(paths).where(F.col("value") != header)
    return lines.mapInArrow(task, schema)


def _of_columns(session: SparkSession, model: Model, frame: DataFrame, text: bool) -> DataFrame:
    """Java reads the columns, and Python gets those that the model reads."""
    features = features_of(model)
    schema = from_arrow_schema(answer_schema(model, tuple(frame.columns)))
    given = F.struct(*(named(frame, name) for name in features.names))
    rest = [
        F.expr(f"try_cast({_quoted(name)} as double)").alias(name)
        if text and name in features.numbers
        else named(frame, name)
        for name in frame.columns
    ]
    answers = _function(session, model, schema)(given).alias(_ANSWERS)
    told = [F.col(_ANSWERS).getField(name).alias(name) for name in schema.names]
    kept = [F.col(_quoted(name)) for name in frame.columns]
    return frame.select(*rest, answers).select(*kept, *told)


_ANSWERS = "__lenet_answers"


def _function(session: SparkSession, model: Model, schema: Any) -> Any:
    task = shipped(session, "predict.columns", model.to_bytes())
    task.__annotations__ = {"batches": Iterator[pa.Array], "return": Iterator[pa.Array]}
    make: Any = F.arrow_udf
    return make(task, schema)


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"


def _separator(paths: list[str]) -> str:
    return "\t" if ".tsv" in paths[0] else ","


def _head_of_lines(session: SparkSession, paths: list[str]) -> tuple[str, list[str]] | None:
    """The first line, and the columns' names, where each line of the files may be a row; else None.
    LenetError where a file has another first line."""
    lines = session.read.text(paths)
    first = lines.first()
    if first is None:
        return None
    if len(lines.inputFiles()) > 1:
        here = F.max(F.col("value") == first[0]).alias("here")
        found = lines.groupBy(F.col("_metadata.file_path")).agg(here).collect()
        others = sum(not file["here"] for file in found)
        if others:
            detail = f"The first line of {others} of {len(found)} is not {clean(first[0])!r}."
            fix = "predict them one by one"
            raise LenetError("the csv files have different columns", detail, fix)
    # Only one task can read a file that is compressed.
    if first[0].count('"') % 2 or any(path.endswith(".gz") for path in paths):
        return None
    (names,) = csv.reader(first, delimiter=_separator(paths))
    # Java would give others to columns that have none, or one that is there already.
    plain = all(names) and len(set(names)) == len(names) and not first[0].startswith("\ufeff")
    return (first[0], names) if names and plain else None


def csv_frame(session: SparkSession, paths: list[str]) -> DataFrame:
    """All columns as text, as the file has them; a text may go over several lines."""
    frame = session.read.csv(
        paths, header=True, multiLine=True, escape='"', sep=_separator(paths), inferSchema=False
    )
    return frame.select(
        *(
            F.when(~column.isin(*EMPTY), column).alias(name)
            for name in frame.columns
            for column in (named(frame, name),)
        )
    )


def _written(session: SparkSession, output: str, ending: str) -> Written | None:
    """Counted in what was written: a task that is run again has written nothing. None where it says
    that lines were not rows."""
    if ending == ".csv":
        rows = session.read.csv(output, header=True, multiLine=True, escape='"')
    else:
        rows = session.read.parquet(output)
    error = F.col("error")
    first = F.first(error, ignorenulls=True)
    counts = rows.select(F.count("*"), F.count(error), first, F.max(error == NO_ROWS))
    (found,) = run_action(session, counts.collect)
    return None if found[3] else Written(found[0], found[1], found[2] or "")
