"""Tables that executors read, predict and write, wherever Spark can."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
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
from lenet.runtime.spark.predict import AS_TEXT
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
        frame = csv_frame(session, paths) if text else session.read.parquet(*paths)
    features.check_there(frame.columns)
    names = frame.columns
    schema = from_arrow_schema(answer_schema(model, tuple(names)))
    kept = [F.col(_quoted(name)) for name in names]
    given = [F.col(_quoted(name)) for name in features.names]
    if text:
        frame = _with_numbers(frame, features.numbers)
        given += [
            F.when(F.col(_quoted(name)).isNull(), F.col(_text_of(name))).alias(f"{AS_TEXT}{name}")
            for name in features.numbers
        ]
        kept = [_kept(name) if name in features.numbers else F.col(_quoted(name)) for name in names]
    answers = _function(session, model, schema)(F.struct(*given)).alias(_ANSWERS)
    told = [F.col(_ANSWERS).getField(name).alias(name) for name in schema.names]
    there = [F.col(_quoted(name)) for name in names]
    found = frame.select(*kept, answers).select(*there, *told)
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


def _with_numbers(frame: DataFrame, numbers: tuple[str, ...]) -> DataFrame:
    """Texts of a csv file, null for what is empty; in columns of numbers the number that a text
    says where that is sure, and beside it the text. Python takes several times as long to read
    numbers from texts, and says what is wrong with those that are none."""
    columns = []
    for name in frame.columns:
        text = named(frame, name)
        if name in numbers:
            last = F.substring(text, -1, 1)  # Java takes 1d, 0x1p3 and Infinity for numbers
            plain = last.between("0", "9") & ~text.contains("x") & ~text.contains("X")
            columns += [F.when(plain, text.try_cast("double")).alias(name)]
            columns += [text.alias(f"{AS_TEXT}{name}")]
        else:
            columns.append(F.when(~text.isin(*EMPTY), text).alias(name))
    return frame.select(*columns)


def _text_of(name: str) -> str:
    return _quoted(f"{AS_TEXT}{name}")


def _kept(name: str) -> Column:
    """A column of numbers as it is written: null where a text is none."""
    text = F.col(_text_of(name))
    other = F.when(~text.isin(*EMPTY), text.try_cast("double"))
    return F.coalesce(F.col(_quoted(name)), other).alias(name)


def csv_frame(session: SparkSession, paths: list[str]) -> DataFrame:
    """All columns as text, as the file has them; a text may go over several lines. Where none does,
    several tasks read a file."""
    separator = "\t" if ".tsv" in paths[0] else ","
    return session.read.csv(
        paths, header=True, multiLine=not _has_whole_lines(session, paths), escape='"',
        sep=separator, inferSchema=False,
    )  # fmt: skip


def _has_whole_lines(session: SparkSession, paths: list[str]) -> bool:
    """Whether each line is a row: a text that goes over several has an odd number of quotation
    marks in its first one. Nor are there lines of blanks, which would be left out."""
    if any(path.endswith(".gz") for path in paths):
        return False  # Only one task reads such a file anyway.
    line = F.col("value")
    marks = F.length(line) - F.length(F.replace(line, F.lit('"'), F.lit("")))
    odd = (line.contains('"') & (marks % 2 == 1)) | ((F.trim(line) == "") & (line != ""))
    return session.read.text(paths).where(odd).isEmpty()


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
