"""Rows of tables that stay with Spark: trained to the bits of the same rows in this process."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lenet
from lenet import LenetError
from lenet.runtime.data.raw_rows import ordered
from lenet.runtime.resolve import evaluation_images
from nets import variations

pytestmark = pytest.mark.spark
RANDOM = np.random.default_rng(5)
ROWS = 400
KINDS = RANDOM.integers(0, 3, ROWS)
SIZES = RANDOM.normal(size=ROWS)
COUNTS = [None if k == 7 else k % 11 for k in range(ROWS)]
TABLE = pa.table(
    {
        "kind": [f"k{k}" for k in KINDS],
        "tags": [["a", "b"][: k % 3] for k in range(ROWS)],
        "words": ["good old film" if k == 1 else "a bad, bad 📽 film" for k in KINDS],
        "size": SIZES,
        "count": COUNTS,
        "price": np.exp(1 + 0.4 * SIZES + 0.3 * KINDS),
        "liked": ["yes" if k == 1 else "no" for k in KINDS],
        "stars": KINDS + 1,
        "group": [f"g{k % 20}" for k in range(ROWS)],
        "held": [k % 5 == 0 for k in range(ROWS)],
        "weight": [1.0 + k % 2 for k in range(ROWS)],
    }
)
TRAIN = "train\n  optimizer adam\n  rate 0.03\n  batch 32\n  stop after 2 epochs\n  seed 3\n"
INPUTS = """\
input kind one of 3
input tags some of 4
input words 6 words of 20
input sizes 2 numbers
concat
  path from kind
    embed 2
  path from tags
    embed 2
  path from words
    embed 4
    avgpool all
  path from sizes
linear 8
tanh
"""
FED = """\
data frame
  category kind tags
  text words
  number size count as sizes
  missing mean
"""
FED_DROPPED = FED.replace("mean", "drop")


def spec(outputs: int, rest: str, fed: str = FED) -> str:
    return f"{INPUTS}linear {outputs}\n{fed}{rest}{TRAIN}"


CASES = {
    "log": spec(1, "  predict log price\n  validate 20 percent\n"),
    "by group": spec(2, "  predict liked\n  validate 20 percent by group\n"),
    "where": spec(2, '  predict liked\n  validate where group "g3"\n', FED_DROPPED),
    "last": spec(3, "  predict stars\n  label from 1\n  validate last 15 percent\n"),
    "weights": spec(
        2, '  predict price size\n  weight "weight"\n  validate 20 percent\n', FED_DROPPED
    ),
}


USED = {
    "log": "price",
    "by group": "liked group",
    "where": "liked group",
    "last": "stars",
    "weights": "price weight",
}


def trained(text: str, data: Any, told: list[Any] | None = None, **options: Any) -> Any:
    def watch(event: dict[str, Any]) -> None:
        if event["event"] == "data" and told is not None:
            told.append(event)

    return lenet.train(text, data, progress=False, watch=watch, **options)


def frame_of(spark: Any, parts: int) -> Any:
    return spark.createDataFrame(TABLE).repartition(parts)


def used(names: str) -> pa.Table:
    """The rows as executors order them: by the columns that are looked at."""
    return ordered(TABLE.select(names.split()))


@pytest.mark.parametrize("case", variations(CASES, CASES.keys() - {"by group", "weights"}))
def test_the_bits_of_the_rows_in_this_process(spark, case: str) -> None:
    text, (here, there) = CASES[case], ([], [])
    one = trained(text, used(f"kind tags words size count {USED[case]}"), here, engine="local")
    other = trained(text, frame_of(spark, 7), there, spark=spark)
    assert other.digest == one.digest
    assert other.history[-1]["validation"] == one.history[-1]["validation"]
    assert other.features.as_list() == one.features.as_list()
    assert here[0] == there[0] | {"name": here[0]["name"]}
    assert here[0]["guesses"] and (case not in ("where", "weights") or here[0]["left_out"] == 1)


def test_partitions_make_no_difference_nor_does_a_column_of_marks(spark) -> None:
    text, columns = CASES["log"], lenet.Columns(validation="held", key="group")
    one = trained(text, used("kind tags words size count price held"), columns=columns,
                  engine="local")  # fmt: skip
    for parts in (1, 5):
        other = trained(text, frame_of(spark, parts), columns=columns, spark=spark)
        assert other.digest == one.digest


@pytest.mark.large
def test_folds(spark) -> None:
    """As where the local engine gathers the rows."""
    text, frame = (
        CASES["log"].replace("validate 20 percent", "folds 3 by group"),
        frame_of(spark, 3),
    )
    here = lenet.cross_validate(text, frame, engine="local", progress=False)
    there = lenet.cross_validate(text, frame, spark=spark, progress=False)
    assert here.model is not None and there.model is not None
    assert here.model.digest == there.model.digest and here.mean == there.mean


def test_rows_behind_a_fold_name_no_classes(spark) -> None:
    late = ["c" if count is None or count > 8 else "ab"[count % 2] for count in COUNTS]
    frame = spark.createDataFrame(TABLE.append_column("late", pa.array(late)))
    text = CASES["last"].replace("predict stars\n  label from 1", "predict late")
    text = text.replace("validate last 15 percent", "folds last 3")
    for engine, session in (("local", None), ("spark", spark)):
        with pytest.raises(LenetError) as caught:
            lenet.cross_validate(text, frame, engine=engine, spark=session, progress=False)
        assert caught.value.title == "the net's output is 3, but the data has 2 classes"


@pytest.mark.parametrize(
    "held", variations(["a part of them", "files to test with"], ["files to test with"])
)
def test_parquet_files_far_away(spark, tmp_path: Path, held: str) -> None:
    """In the order of files and rows, as who reads them here has them."""
    rest = "  predict log price\n"
    if held == "a part of them":
        rest += "  validate 20 percent by group\n"
        pq.write_table(TABLE, tmp_path / "rows.parquet", row_group_size=90)
    else:
        for part, rows in (("train", TABLE.slice(100)), ("test", TABLE.slice(0, 100))):
            folder = tmp_path / "rows.parquet" / part
            folder.mkdir(parents=True)
            pq.write_table(rows.slice(0, 30), folder / "part-0.parquet")
            pq.write_table(rows.slice(30), folder / "part-1.parquet")
    place = tmp_path / "rows.parquet"
    here, there = (
        spec(1, rest, FED_DROPPED.replace("data frame", f'data parquet "{path}"'))
        for path in (place, f"file://{place}")
    )
    digests = {trained(here, None, engine="local").digest, trained(there, None, spark=spark).digest}
    assert len(digests) == 1
    with pytest.raises(LenetError) as caught:
        trained(there, None, engine="local")
    assert "--engine spark" in caught.value.fix
    if held == "a part of them":
        with pytest.raises(LenetError) as caught:
            trained(there.replace("  missing drop\n", ""), None, spark=spark)
        assert caught.value.detail.startswith(f"row 8 of file:{place}: a number is missing")
    with pytest.raises(LenetError) as caught:
        evaluation_images(lenet.load(there).graph, None)
    assert "--data PATH" in caught.value.fix


@pytest.mark.parametrize("engine", ["spark", "local"])
def test_csv_files_far_away(spark, engine: str) -> None:
    text = CASES["log"].replace("data frame", 'data csv "hdfs://there/rows.csv"')
    with pytest.raises(LenetError) as caught:
        trained(text, None, spark=spark if engine == "spark" else None, engine=engine)
    assert "cannot read hdfs://there/rows.csv" in caught.value.title
    assert "copy it" in caught.value.fix and "spark.read.csv" in caught.value.python


def changed(name: str, values: Any) -> pa.Table:
    return TABLE.set_column(TABLE.column_names.index(name), name, pa.array(values))


MISSING = FED.replace("  missing mean\n", "")
LABELS = CASES["last"]


@pytest.mark.parametrize(
    ("text", "table", "said", "fix"),
    [
        (CASES["log"], changed("price", [None, *TABLE["price"].to_pylist()[1:]]),
         "the answer is missing", "write `missing drop` to leave such rows out"),
        (CASES["log"], changed("price", [-1.0, *TABLE["price"].to_pylist()[1:]]),
         "the answer is -1, and `predict log` takes numbers above 0", ""),
        (CASES["log"].replace("  missing mean\n", ""), TABLE,
         "count empty", "or `missing mean`"),
        (LABELS, changed("stars", [1.5, *map(float, KINDS[1:] + 1)]),
         "the label is 1.5. Labels are whole numbers from 1", "label distinct"),
        (CASES["weights"], changed("weight", [-1.0] * ROWS), "the weight is -1.0, and weights", ""),
        (CASES["log"], changed("count", ["many"] * ROWS), "such as many", "`category`"),
        (CASES["log"].replace("kind one of 3", "kind one of 2"), TABLE, "have 3", "`one of 3`"),
        (CASES["log"].replace("log price", "log cost"), TABLE, "has no column cost", "predict"),
        (CASES["log"].replace("size count", "size weigth"), TABLE, "no column weigth", ""),
        (CASES["by group"].replace("by group", "by team"), TABLE, "there is no column team", ""),
        (CASES["where"].replace("g3", "g99"), TABLE, "No row, or every row, has g99", ""),
        (CASES["log"], TABLE.slice(0, 0), "has no rows to train on", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_used(spark, text: str, table: pa.Table, said: str, fix: str) -> None:
    with pytest.raises(LenetError) as caught:
        trained(text, spark.createDataFrame(table), spark=spark)
    error = caught.value
    assert said in f"{error.title} {error.detail}" and fix in error.fix
    assert not {"Traceback", "py4j"} & set(str(error).split())


def test_lists_in_the_first_column_and_rows_that_are_left_out(spark) -> None:
    """Rows are ordered by lists, too; what a row weighs that is left out does not matter."""
    prices = [None if k == 3 else price for k, price in enumerate(TABLE["price"].to_pylist())]
    table = pa.table(
        {
            "all": [None if k % 9 == 8 else ["a", "b"][: k % 3] for k in range(ROWS)],
            "liked": TABLE["liked"],
            "zoom": prices,
            "weight": [None if k == 3 else 1.0 for k in range(ROWS)],
        }
    )
    text = f"""\
input all some of 2
input zoom 1 numbers
concat
  path from all
    onehot
  path from zoom
linear 2
data frame
  category all as all
  number zoom as zoom
  predict liked
  weight "weight"
  missing drop
  validate 20 percent
{TRAIN}"""
    frame = spark.createDataFrame(table).repartition(4)
    here = trained(text, frame, engine="local")
    assert trained(text, frame, spark=spark).digest == here.digest
    bad = table.set_column(3, "weight", pa.array([-1.0] * ROWS))
    with pytest.raises(LenetError) as caught:
        trained(text, spark.createDataFrame(bad), spark=spark)
    assert "the weight is -1.0" in caught.value.detail
    assert "abel" not in f"{caught.value.detail} {caught.value.fix}"


def test_vectors_are_told_how_to_become_columns(spark) -> None:
    from pyspark.ml.linalg import Vectors

    rows = [(Vectors.dense([1.0, k]), float(1 + k)) for k in range(20)]
    frame = spark.createDataFrame(rows, ["size", "price"])
    text = f"input 1 numbers\nlinear 1\ndata frame\n  number size\n  predict price\n{TRAIN}"
    with pytest.raises(LenetError) as caught:
        trained(text, frame, spark=spark)
    assert "vector_to_array" in caught.value.fix


def test_rows_are_called_by_their_key(spark) -> None:
    frame = spark.createDataFrame(changed("price", [-1.0, *TABLE["price"].to_pylist()[1:]]))
    with pytest.raises(LenetError) as caught:
        trained(CASES["log"], frame, columns=lenet.Columns(key="group"), spark=spark)
    assert caught.value.detail.startswith("group g0: the answer is -1")
