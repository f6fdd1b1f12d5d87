"""Tables that executors read, predict and write, wherever Spark can."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from lenet.dsl.errors import LenetError
from lenet.runtime.data.formats.chunks import is_csv
from lenet.runtime.data.labels import EMPTY
from lenet.runtime.models.answered_rows import answer_schema, features_of
from lenet.runtime.models.model import Model
from lenet.runtime.models.predicted_file import Written
from lenet.runtime.spark.columns import named
from lenet.runtime.spark.failures import run_action, spark_errors
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
    with spark_errors(f"cannot read {paths[0]}", session):
        frame = _csv(session, paths) if text else session.read.parquet(*paths)
    features.check_there(frame.columns)
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
    found = frame.select(*rest, answers).select(*kept, *told)
    with spark_errors(f"cannot write {output}", session):
        if ending == ".csv":
            found.write.csv(output, header=True, escape='"')
        else:
            found.write.parquet(output)
    return _written(session, output, ending)


_ANSWERS = "__lenet_answers"


def _function(session: SparkSession, model: Model, schema: Any) -> Any:
    task = shipped(session, "predict.columns", model.to_bytes())
    task.__annotations__ = {"batches": Iterator[pa.Array], "return": Iterator[pa.Array]}
    make: Any = F.arrow_udf
    return make(task, schema)


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"


def _csv(session: SparkSession, paths: list[str]) -> DataFrame:
    """All columns as text, as the file has them; a text may go over several lines."""
    separator = "\t" if ".tsv" in paths[0] else ","
    frame = session.read.csv(
        paths, header=True, multiLine=True, escape='"', sep=separator, inferSchema=False
    )
    return frame.select(
        *(
            F.when(~column.isin(*EMPTY), column).alias(name)
            for name in frame.columns
            for column in (named(frame, name),)
        )
    )


def _written(session: SparkSession, output: str, ending: str) -> Written:
    """Counted in what was written: a task that is run again has written nothing."""
    if ending == ".csv":
        rows = session.read.csv(output, header=True, multiLine=True, escape='"')
    else:
        rows = session.read.parquet(output)
    error = F.col("error")
    counts = rows.select(F.count("*"), F.count(error), F.first(error, ignorenulls=True))
    (found,) = run_action(session, counts.collect)
    return Written(found[0], found[1], found[2] or "")
