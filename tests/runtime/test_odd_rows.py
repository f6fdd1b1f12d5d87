"""Odd rows: a number, or a word that is clear, and the same one on every way in."""

import csv
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pyarrow as pa
import pyarrow.parquet
import pytest
from pyspark.sql.functions import struct
from test_tables import trained

import lenet
from lenet import LenetError
from lenet.inputs import read_inputs
from lenet.runtime.models.predicted_file import predict_files
from lenet.runtime.spark import predict as on_spark

SPEC = """\
input kind one of 3
input tags some of 4
input review 4 words of 20
input pairs 3 pairs of 20
input pieces 9 pieces of 40
input size 2 numbers
concat
  path from kind
    embed 2
  path from tags
    embed 2
  path from review
    embed 2
    avgpool all
  path from pairs
    bag
  path from pieces
    embed 2
    avgpool all
  path from size
linear 1

data frame
  category kind tags
  text words as review
  text words as pairs
  text words as pieces
  number a b as size
  predict y

train
  optimizer adam
  rate 0.01
  batch 32
  stop after 2 epochs
"""
COUNT = 64
TABLE = pa.table(
    {
        "kind": [f"{k % 3}" for k in range(COUNT)],
        "tags": [["x|y", "z", "x", ""][k % 4] for k in range(COUNT)],
        "words": [["good film", "bad", "a film"][k % 3] for k in range(COUNT)],
        "a": np.linspace(-1, 1, COUNT),
        "b": [k % 2 == 0 for k in range(COUNT)],
        "y": np.linspace(0, 3, COUNT),
    }
)
GOOD = {"kind": "1", "tags": "x", "words": "good film", "a": 0.5, "b": 1.0}
# What differs from a good row, and why it cannot be used, or None.
ODD: dict[str, tuple[dict[str, Any], str | None]] = {
    "good": ({}, None),
    "unseen category": ({"kind": "new"}, None),
    "missing category": ({"kind": None}, None),
    "empty category": ({"kind": ""}, None),
    "category as a number": ({"kind": "1.0"}, None),
    "blanks": ({"kind": " 1 "}, None),
    "emoji": ({"kind": "😀", "words": "😀 film", "tags": "😀|x"}, None),
    "empty text": ({"words": ""}, None),
    "no text": ({"words": None}, None),
    "a long text": ({"words": "good " * 200_000, "kind": "k" * 1_000_000}, None),
    "a null among the tags": ({"tags": "x||y"}, None),
    "no tags": ({"tags": None}, None),
    "missing number": ({"a": None}, "a number is missing (a, b)"),
    "nan": ({"a": "nan"}, "a number is missing (a, b)"),
    "inf": ({"a": "inf"}, "inf is no number (a, b)"),
    "a huge number": ({"a": "1e39"}, "1e+39 is no number (a, b)"),
    "blanks around a number": ({"a": "0.5 "}, None),
    "a plus": ({"a": "+0.5"}, None),
    "a comma": ({"a": "1,5"}, "1,5 is no number (a, b)"),
    "a word": ({"a": "many"}, "many is no number (a, b)"),
    "a truth": ({"b": "true"}, None),
    "a date": ({"a": "2020-01-01"}, "2020-01-01 is no number (a, b)"),
}
ROWS = [GOOD | changed for changed, _ in ODD.values()]
ALIKE = [("good", name) for name in ("category as a number", "blanks", "blanks around a number",
                                     "a plus", "a truth")]  # fmt: skip
ALIKE += [("unseen category", "missing category"), ("empty text", "no text")]


@pytest.fixture(scope="module")
def model() -> lenet.Model:
    return trained(SPEC, TABLE)


@pytest.fixture(scope="module")
def told(model: lenet.Model) -> list[float | str]:
    """Of each row alone, as a dict."""
    return [one(model, row) for row in ROWS]


def one(model: lenet.Model, row: Any) -> float | str:
    try:
        return float(model.predict(row).values[0, 0])
    except LenetError as error:
        return error.title.removeprefix("row 1 cannot be used: ")


def test_a_number_or_a_word(told: list[float | str]) -> None:
    for (name, (_, why)), found in zip(ODD.items(), told, strict=True):
        assert np.isfinite(found) if why is None else found == why, name  # type: ignore[arg-type]
    by_name = dict(zip(ODD, told, strict=True))
    assert all(by_name[a] == by_name[b] for a, b in ALIKE)


def written(path: Path, columns: list[str]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows({name: row.get(name) for name in columns} for row in ROWS)
    return path


def test_the_same_on_every_way_in(
    model: lenet.Model, told: list[float | str], tmp_path: Path
) -> None:
    """Columns in another order, and one more, make no difference."""
    texts = pa.table(
        {name: [None if r[name] is None else str(r[name]) for r in ROWS] for name in GOOD}
    )
    texts = texts.append_column("more", pa.array(range(len(ROWS)))).select([5, 4, 3, 2, 1, 0])
    pyarrow.parquet.write_table(texts, tmp_path / "rows.parquet")
    path = written(tmp_path / "rows.csv", texts.column_names)
    ways = {name: read_inputs([tmp_path / name], model, None, False) for name in
            ("rows.csv", "rows.parquet")}  # fmt: skip
    found = {}
    for name, batches in ways.items():
        whole = [row for batch in batches for row in batch]
        found[name] = [
            row.error.detail if row.error else one(model, row.image[None]) for row in whole
        ]
    for ending in (".csv", ".parquet"):
        assert predict_files(model, [path], tmp_path / f"out{ending}").rows == len(ROWS)
    rows = pyarrow.parquet.read_table(tmp_path / "out.parquet").to_pylist()
    found["file"] = [row["error"] or row["prediction"] for row in rows]
    structs = pa.StructArray.from_arrays(
        [c.combine_chunks() for c in texts.columns], names=texts.column_names
    )
    (answers,) = on_spark.predict(iter([structs]), model.to_bytes())
    found["Spark"] = [row["error"] or row["prediction"] for row in answers.to_pylist()]
    frame = pandas.DataFrame(ROWS)
    found["pandas"] = [one(model, frame.iloc[k : k + 1]) for k in range(len(frame))]
    for name, own in found.items():
        assert own == told, name


@pytest.mark.parametrize(
    ("changed", "alike"),
    [
        ({"kind": 1, "b": True}, {}),
        ({"kind": 1.0, "a": Decimal("0.50")}, {}),
        ({"kind": np.int64(1), "a": np.float32(0.5)}, {}),
        ({"kind": date(2020, 1, 1)}, {"kind": "new"}),
        ({"kind": datetime(2020, 1, 1, 12)}, {"kind": "new"}),
        ({"kind": b"1"}, {}),
    ],
)
def test_values_of_other_types(
    model: lenet.Model, changed: dict[str, Any], alike: dict[str, Any]
) -> None:
    assert one(model, GOOD | changed) == one(model, GOOD | alike)
    assert one(model, [GOOD | changed, GOOD]) == one(model, GOOD | alike)


def test_lists(model: lenet.Model) -> None:
    rows = [GOOD | {"tags": ["x", None, "y", "x"]}, GOOD | {"tags": "x|y"}]
    first, second = (one(model, [row]) for row in rows)
    assert first == second
    for name, said in (("kind", "a column of single values"), ("words", "a column of single"),
                       ("a", "a column of numbers holds list")):  # fmt: skip
        assert said in str(one(model, [GOOD | {name: ["x", "y"]}]))
    mixed = [GOOD | {"tags": ["x"]}, GOOD | {"tags": "x"}]
    assert one(model, mixed) == "these rows make no table"


def test_rows_that_are_no_rows(model: lenet.Model) -> None:
    short = {name: value for name, value in GOOD.items() if name != "kind"}
    assert one(model, short) == "the rows lack the column kind"
    assert one(model, [GOOD, GOOD | {"new": 3}]) == one(model, GOOD)
    twice = pa.Table.from_arrays([pa.array(["1"])] * 2, names=["kind", "kind"])
    assert "lack the columns" in str(one(model, twice))
    frame = pandas.DataFrame([["1", "1"]], columns=["kind", "kind"])
    assert one(model, frame) == "there are two columns kind"
    assert one(model, []) == "the rows lack the columns kind, tags, words, a, b"
    assert one(model, 3) == "the model reads a table's rows, not int"
    assert len(model.predict({name: [] for name in GOOD})) == 0


@pytest.mark.spark
def test_the_same_in_sql_and_streams(  # type: ignore[no-untyped-def]
    model: lenet.Model, told: list[float | str], spark, tmp_path: Path
) -> None:
    """As a Spark function of structs, in SQL, and on a stream: numbers come as texts."""
    rows = [{k: None if v is None else str(v) for k, v in row.items()} for row in ROWS]
    table = pa.Table.from_pylist([{"place": k, **row} for k, row in enumerate(rows)])
    pyarrow.parquet.write_table(table, tmp_path / "rows.parquet")
    frame = spark.read.parquet(str(tmp_path / "rows.parquet"))
    function = lenet.udf(model, spark)
    spark.udf.register("odd", function)
    frame.createOrReplaceTempView("odd_rows")
    stream = spark.readStream.schema(frame.schema).parquet(str(tmp_path))
    query = (
        stream.select("place", function(struct(*GOOD)).alias("said")).writeStream.format("memory")
        .queryName("odd_stream").trigger(availableNow=True).start()
    )  # fmt: skip
    query.awaitTermination(120)
    for name, said in {
        "function": frame.repartition(3).select("place", function(struct("*")).alias("said")),
        "SQL": spark.sql("select place, odd(struct(*)) said from odd_rows"),
        "stream": spark.table("odd_stream"),
    }.items():
        found = [row["said"] for row in said.sort("place").collect()]
        assert [row["error"] or row["prediction"] for row in found] == told, name
