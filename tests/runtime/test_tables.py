"""Nets of tables, texts, series and users: trained, kept, asked again; the same bits everywhere."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from test_cli_train import fails, run

import lenet
from lenet import LenetError
from lenet.runtime.models.recommend import recommended
from lenet.runtime.models.vectors import vectors_of

RANDOM = np.random.default_rng(1)
ROWS = 300
SIZES = RANDOM.normal(size=ROWS)
KINDS = RANDOM.integers(0, 3, ROWS)
TABLE = pa.table(
    {
        "kind": [f"k{k}" for k in KINDS],
        "words": ["good old film" if k == 1 else "a bad, bad film" for k in KINDS],
        "size": SIZES,
        "price": np.exp(1 + 0.4 * SIZES + 0.3 * KINDS),
        "liked": ["yes" if k == 1 else "no" for k in KINDS],
    }
)
TRAIN = "train\n  optimizer adam\n  rate 0.03\n  batch 32\n  stop after 6 epochs\n  seed 3\n"
PRICES = f"""\
input kind one of 3
input size 1 numbers
concat
  path from kind
    embed 2
  path from size
linear 8
tanh
linear 1

data frame
  category kind
  number size as size
  predict log price
  validate 20 percent

{TRAIN}"""
TEXTS = f"""\
input 6 words of 20
embed 4
conv 5x2
relu
maxpool all
linear 2

data frame
  text words
  predict liked
  validate 20 percent

{TRAIN}"""
WAVES = f"""\
input 1x12
conv 6x3 causal
relu
last
linear 3

data frame
  series level by place ordered by hour
  window 12 ahead 3
  validate last 20 percent

{TRAIN}"""
LIKED = f"""\
input user one of 20
input item one of 150
dot
  path from user
    embed 4
  path from item
    embed 4

data frame
  liked who what ordered by time
  negatives 2
  validate newest of who

{TRAIN}  validate hitratio 10 ndcg 10 every epoch
"""


def trained(spec: str, table: object, **options: object) -> lenet.Model:
    return lenet.train(spec, table, progress=False, **{"engine": "local", **options})  # type: ignore[arg-type]


def waves() -> pa.Table:
    hours = np.arange(150)
    parts = [
        {"place": [p] * 150, "hour": hours, "level": 5 + np.sin(hours / 3 + shift)}
        for p, shift in (("a", 0), ("b", 1))
    ]
    return pa.concat_tables([pa.table(part) for part in parts])


def pairs() -> pa.Table:
    """Users like items of their own parity."""
    random = np.random.default_rng(2)
    who = np.repeat(np.arange(20), 40)
    what = 2 * random.integers(0, 75, 800) + who % 2
    return pa.table({"who": who, "what": [f"i{w}" for w in what], "time": np.arange(800)})


@pytest.fixture(scope="module")
def prices() -> lenet.Model:
    return trained(PRICES, TABLE)


def test_a_net_of_columns(prices: lenet.Model, tmp_path: Path) -> None:
    found = prices.predict(TABLE)
    wanted = TABLE["price"].to_numpy()
    assert np.abs(np.log(found.values[:, 0] / wanted)).mean() < 0.12
    prices.save(tmp_path / "m.safetensors")
    again = lenet.open(tmp_path / "m.safetensors")
    assert np.array_equal(again.predict(TABLE).values, found.values)
    row = {"kind": "k1", "size": float(SIZES[0])}
    alone = again.predict(row).values
    assert np.array_equal(alone, again.predict([row, row]).values[1:])
    assert np.isfinite(again.predict({"kind": "never seen", "size": 0.0}).values).all()
    with pytest.raises(LenetError, match="row 1 cannot be used"):
        again.predict({"kind": "k1", "size": None})


def test_the_order_of_columns_and_threads_make_no_difference(prices: lenet.Model) -> None:
    turned = TABLE.select(TABLE.column_names[::-1])
    assert trained(PRICES, turned, threads=3).digest == prices.digest


def test_files_and_commands(prices: lenet.Model, tmp_path: Path) -> None:
    (tmp_path / "net.lenet").write_text(PRICES.replace("data frame", 'data csv "rows.csv"'))
    pyarrow.csv.write_csv(TABLE, tmp_path / "rows.csv")
    done = run("train", tmp_path / "net.lenet", "--engine", "local", "-o", tmp_path / "run")
    assert "240 rows to train with, 60 to validate" in done.stderr
    assert "to beat: rmse" in done.stderr
    path = tmp_path / "run/model.safetensors"
    assert lenet.open(path).digest == prices.digest  # numbers are written as they are read again
    (tmp_path / "more.csv").write_text("kind,size\nk1,0.5\nk2,\nother,1\n")
    done = run("predict", path, tmp_path / "more.csv")
    assert done.exit_code == 1
    names = [line.split()[0].rpartition("/")[2] for line in done.stdout.splitlines()]
    assert names == ["more.csv[1]", "more.csv[3]"]
    assert "more.csv[2] cannot be used" in done.stderr and "a number is missing" in done.stderr
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    fails(run("predict", path, tmp_path / "other.csv"), "the rows lack the columns kind, size")
    done = run("evaluate", path, "--data", tmp_path / "rows.csv")
    assert done.stdout.startswith("60 ")


def test_what_an_input_feeds_is_frozen() -> None:
    """What is given for a name that is not whole is what the message says."""
    for name in ("embed1", "kind"):
        with pytest.raises(LenetError, match=r"did you mean `concat1\.path1\.embed1`"):
            lenet.load(f"{PRICES}  freeze {name}\n")
    longer, shorter = (
        trained(f"{PRICES.replace('6 epochs', stop)}  freeze concat1.path1\n", TABLE).tensors
        for stop in ("2 epochs", "1 epoch")
    )
    kept = {name for name in longer if np.array_equal(longer[name], shorter[name])}
    assert kept == {"concat1.path1.embed1.weight"}


def test_a_net_of_texts() -> None:
    model = trained(TEXTS, TABLE)
    assert model.classes == ("no", "yes")
    said = model.predict({"words": ["good old film", "a bad film 😀", "", None]})
    assert said.label(0) == "yes" and said.label(1) == "no"
    assert np.isfinite(said.probabilities).all()
    vectors = vectors_of(model)
    assert {"film", "bad", "good"} <= set(vectors.entries) and vectors.values.shape == (
        len(vectors.entries),
        4,
    )
    with pytest.raises(LenetError, match="no series"):
        lenet.forecast(model, TABLE)


def test_a_net_of_series() -> None:
    model = trained(WAVES.replace("6 epochs", "40 epochs"), waves())
    found = lenet.forecast(model, waves(), 6)
    assert [series.name for series in found.series] == ["a", "b"]
    wanted = 5 + np.sin(np.arange(150, 156) / 3)
    assert np.abs(np.array(found.series[0].values) - wanted).max() < 0.4
    assert found.series[0].time(1) == "150"
    with pytest.raises(LenetError, match="has 5 steps"):
        lenet.forecast(model, waves().slice(0, 5))
    with pytest.raises(LenetError, match="use lenet.forecast"):
        model.predict(waves())


def test_a_net_of_users_and_items() -> None:
    model = trained(LIKED.replace("6 epochs", "30 epochs"), pairs())
    told = recommended(model, "3", 10)
    seen = {row["what"] for row in pairs().to_pylist() if row["who"] == 3}
    newest = next(row["what"] for row in pairs().to_pylist()[::-1] if row["who"] == 3)
    assert not {item for item, _ in told} & (seen - {newest})
    assert sum(int(item[1:]) % 2 for item, _ in told) >= 8
    assert model.history[-1]["validation"]["hitratio10"] > 0.3
    with pytest.raises(LenetError, match="knows no user 99"):
        recommended(model, "99")


def test_users_are_asked_among_fewer_items() -> None:
    spec = LIKED.replace("newest of who", "newest of who among {}")
    easy = trained(spec.format(11), pairs()).history[-1]["validation"]["hitratio10"]
    assert easy > trained(spec.format(90), pairs()).history[-1]["validation"]["hitratio10"]
    with pytest.raises(LenetError, match="has 149 items") as caught:
        trained(spec.format(150), pairs())
    assert "`among 74`" in caught.value.fix
    with pytest.raises(LenetError, match="almost all items") as caught:
        trained(spec.format(148), pairs())
    assert "end the line `validate` with `among 1" in caught.value.fix


@pytest.mark.parametrize(
    ("spec", "table"),
    [(PRICES, TABLE), (LIKED, pairs()), (WAVES, waves())],
    ids=["columns", "liked", "series"],
)
def test_spark_trains_to_the_same_bits(spark, spec: str, table: pa.Table) -> None:  # type: ignore[no-untyped-def]
    here = trained(spec, table)
    there = trained(spec, table, engine="spark", spark=spark)
    assert there.digest == here.digest
    assert there.history[-1]["validation"] == here.history[-1]["validation"]


def test_spark_predicts_the_same(spark, prices: lenet.Model) -> None:  # type: ignore[no-untyped-def]
    rows = spark.createDataFrame(TABLE.slice(0, 40).to_pandas()).repartition(3)
    predict = lenet.udf(prices, spark)
    spark.udf.register("price_of", predict)
    rows.createOrReplaceTempView("diamonds")
    told = spark.sql("select kind, size, price_of(struct(kind, size)).prediction p from diamonds")
    found = told.toArrow()
    wanted = prices.predict(found.select(["kind", "size"])).values[:, 0]
    assert np.array_equal(found["p"].to_numpy().astype(np.float32), wanted)
    # A DataFrame trains, too, however it is divided.
    frame = spark.createDataFrame(TABLE.to_pandas())
    digests = {trained(PRICES, frame.repartition(n)).digest for n in (1, 4)}
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("number size as size", "number weight as size"), "there is no column weight"),
        (("predict log price", "predict log cost"), "has no column cost"),
        (("one of 3", "one of 2"), "is one of 2, and the training rows have 3"),
        (("number size as size", "number words as size"), "holds string"),
    ],
)
def test_tables_that_do_not_fit(change: tuple[str, str], said: str) -> None:
    with pytest.raises(LenetError) as caught:
        trained(PRICES.replace(*change), TABLE)
    assert said in f"{caught.value.title} {caught.value.detail}"


def test_rows_with_missing_values() -> None:
    sizes = [None if k % 50 == 7 else float(v) for k, v in enumerate(SIZES)]
    table = TABLE.set_column(2, "size", pa.array(sizes))
    with pytest.raises(LenetError, match="row .* cannot be used: a number is missing"):
        trained(PRICES, table)
    for line in ("missing drop", "missing mean", "missing zero"):
        model = trained(PRICES.replace("  predict", f"  {line}\n  predict"), table)
        assert np.isfinite(model.predict({"kind": "k1", "size": 1.0}).values).all()


def test_a_damaged_model_of_columns(prices: lenet.Model, tmp_path: Path) -> None:
    from dataclasses import replace

    assert prices.features is not None
    for features in (None, replace(prices.features, facts=({}, {}))):
        replace(prices, features=features).save(tmp_path / "m.safetensors")
        with pytest.raises(LenetError, match="is damaged"):
            lenet.open(tmp_path / "m.safetensors")


def test_rows_that_count_differently() -> None:
    """Rows that are left out take their weights along."""
    sizes = [None if k == 7 else float(v) for k, v in enumerate(SIZES)]
    weights = [float(k % 2) for k in range(ROWS)]
    table = TABLE.set_column(2, "size", pa.array(sizes)).append_column("w", pa.array(weights))
    lines = '  missing drop\n  weight "w"\n'
    model = trained(PRICES.replace("  predict", f"{lines}  predict"), table)
    assert np.isfinite(model.predict({"kind": "k1", "size": 1.0}).values).all()
    with pytest.raises(LenetError, match="has no column v"):
        trained(PRICES.replace("  predict", '  weight "v"\n  predict'), table)


@pytest.mark.parametrize("line", ["predict any of x y z", "predict x y z"])
def test_columns_whose_names_look_like_sizes(line: str) -> None:
    text = f"input 2\nlinear 3\n\ndata frame\n  {line}\n\ntrain\n  rate 0.1\n"
    loss = "  loss bce\n" if "any" in line else ""
    data = lenet.load(text + loss).graph.data
    assert data is not None and data.predict == ("x", "y", "z")
