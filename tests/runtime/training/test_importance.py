"""How much images count in the loss: by their classes, and by a column of the data."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

import lenet
from lenet.dsl.check import check
from lenet.dsl.errors import LenetError
from lenet.ml import LenetClassifier
from lenet.runtime.datasets import load_dataset
from lenet.runtime.training.batches import Importance

NET = """\
input 1x8x8
flatten
linear 10
logsoftmax
data {data}
train
  loss nll{loss}
  rate 0.1
  batch 100
  stop after 2 epochs
"""


def spec(tmp_path: Path, loss: str = "", data: str = "digits") -> Path:
    path = tmp_path / "net.lenet"
    path.write_text(NET.format(loss=loss, data=data))
    return path


def digest(path: Path, *data: Any, **options: Any) -> str:
    where = options if "spark" in options else {"engine": "local", **options}
    return lenet.train(path, *data, progress=False, **where).digest


def table(weights: Any = None, rows: int = 600) -> pa.Table:
    digits = load_dataset("digits").train.take(np.arange(rows))
    columns = {
        "image": pa.array(digits.pixels.reshape(rows, -1).tolist(), pa.list_(pa.int16())),
        "label": pa.array(digits.labels),
    }
    if weights is not None:
        columns["cost"] = pa.array(weights)
    return pa.table(columns)


def test_equal_weights_change_no_bit(tmp_path: Path) -> None:
    plain = digest(spec(tmp_path))
    assert digest(spec(tmp_path, " weights" + " 1" * 10)) == plain
    assert digest(spec(tmp_path, " weights" + " 1" * 9 + " 2")) != plain


def test_threads_and_spark_give_the_same_bits(tmp_path: Path, spark: Any) -> None:
    path = spec(tmp_path, " smooth 0.1 weights balanced")
    digests = {digest(path, threads=threads) for threads in (1, 2)} | {digest(path, spark=spark)}
    assert len(digests) == 1


def test_a_class_that_does_not_count_is_not_learnt(tmp_path: Path) -> None:
    path = spec(tmp_path, " weights" + " 1" * 9 + " 0")
    model = lenet.train(path, engine="local", epochs=10, progress=False)
    test = load_dataset("digits").test
    assert test is not None
    predicted = model.predict(test.pixels).probabilities.argmax(axis=1)
    assert not (predicted == 9).any()
    assert (predicted == test.labels)[test.labels != 9].mean() > 0.8


def test_balanced_weights_are_those_of_scikit_learn(tmp_path: Path) -> None:
    """A class with a tenth of the images counts ten times as much for each of them."""
    digits = load_dataset("digits").train
    rows = np.flatnonzero((digits.labels != 3) | (np.arange(len(digits)) % 10 == 0))
    part = digits.take(rows)
    times = np.bincount(part.labels, minlength=10)
    explicit = len(part) / (10 * times)
    data = (part.pixels, part.labels)
    balanced = spec(tmp_path, " weights balanced", "frame")
    said = " weights " + " ".join(f"{value:.17g}" for value in explicit)
    assert digest(balanced, data) == digest(spec(tmp_path, said, "frame"), data)
    by_class = Importance(1.0, tuple(explicit)).of(part)
    assert np.allclose(np.bincount(part.labels, by_class), len(part) / 10)


def test_only_the_proportions_of_a_columns_weights_matter(tmp_path: Path, spark: Any) -> None:
    path = spec(tmp_path, data='frame\n  weight "cost"')
    some = np.random.default_rng(1).integers(0, 4, 600)
    digests = {
        digest(path, table(weights))
        for weights in (some, some * 2, (some * 0.5).astype(np.float32))
    }
    assert len(digests) == 1
    equal = digest(path, table(np.full(600, 7)))
    assert equal not in digests
    assert equal == digest(spec(tmp_path, data="frame"), table())


def test_tables_frames_and_files_give_the_same_bits(tmp_path: Path, spark: Any) -> None:
    weights = np.random.default_rng(1).uniform(0, 4, 600)
    rows = table(weights)
    path = spec(
        tmp_path, data=f'parquet "{tmp_path}/rows.parquet"\n  weight "cost"\n  validate 100'
    )
    pa.parquet.write_table(rows, tmp_path / "rows.parquet")
    local = digest(path)
    assert digest(path, spark=spark) == local
    given = spec(tmp_path, data='frame\n  weight "cost"\n  validate 100')
    assert digest(given, rows) == local
    assert digest(given, rows.to_pandas()) == local
    columns = lenet.Columns(weight="cost")
    given = spec(tmp_path, data="frame\n  validate 100")
    assert digest(given, rows, columns=columns) == local
    # A DataFrame's rows have another order, by what is in them.
    frame = spark.createDataFrame(rows)
    shuffled = frame.orderBy("cost").repartition(3)
    own = digest(given, frame, columns=columns, spark=spark)
    assert digest(given, shuffled, columns=columns, spark=spark) == own


def test_a_classifier_of_spark_takes_weights(tmp_path: Path, spark: Any) -> None:
    weights = np.where(np.arange(600) % 2, 2.0, 0.0)
    frame = spark.createDataFrame(table(weights))
    path = spec(tmp_path, data="frame")
    columns = {"featuresCol": "image", "epochs": 1, "numWorkers": 1, "progress": False}
    weighted = LenetClassifier(spec=path, weightCol="cost", **columns)
    assert weighted.getWeightCol() == "cost"
    plain = LenetClassifier(spec=path, **columns)
    assert weighted.fit(frame).net.digest != plain.fit(frame).net.digest


@pytest.mark.parametrize(("weights", "said"), [
    ([-1.0] * 600, "the weight is -1"),
    ([1.0] * 599 + [None], "the weight is empty"),
    ([float("nan")] * 600, "the weight is"),
    ([2.0**20] * 600, "below 1,048,576"),
    ([0.0] * 600, "all 0"),
    (["1"] * 600, "the weights are numbers"),
    (None, "has no column cost"),
])  # fmt: skip
def test_weights_that_cannot_be(tmp_path: Path, weights: Any, said: str) -> None:
    path = spec(tmp_path, data='frame\n  weight "cost"')
    rows = table(weights)
    with pytest.raises(LenetError) as local:
        digest(path, rows)
    assert said in f"{local.value.title} {local.value.detail}"


def test_executors_find_a_weight_that_cannot_be(tmp_path: Path, spark: Any) -> None:
    path = spec(tmp_path, data='frame\n  weight "cost"')
    for weights, said in (([1.0] * 599 + [-2.0], "the weight is -2"), (["1"] * 600, "numbers")):
        with pytest.raises(LenetError) as error:
            digest(path, spark.createDataFrame(table(weights)), spark=spark)
        assert said in f"{error.value.title} {error.value.detail}"


def test_arrays_have_no_weights(tmp_path: Path) -> None:
    digits = load_dataset("digits").train
    path = spec(tmp_path, data='frame\n  weight "cost"')
    with pytest.raises(LenetError, match="the file says `weight`"):
        digest(path, (digits.pixels, digits.labels))


@pytest.mark.parametrize(("loss", "said"), [
    (" weights 1 2", "2 weights, and the net 10 classes"),
    (" weights 1", "1 weight, and"),
    (" weights" + " 0" * 10, "all classes are 0"),
    (" weights equal", "balanced"),
    (" weights", "write it like this"),
    (" weights 1 -2", ""),
])  # fmt: skip
def test_weights_of_classes_that_cannot_be(loss: str, said: str) -> None:
    found = check(NET.format(loss=loss, data="digits"))
    assert found.graph is None
    assert said in "\n".join(f"{d.title} {d.detail} {d.fix}" for d in found.diagnostics)


def test_a_column_is_of_a_table() -> None:
    found = check(NET.format(loss="", data='digits\n  weight "cost"'))
    assert [d.code for d in found.diagnostics] == ["E057"]


def test_pandas_is_read(tmp_path: Path) -> None:
    frame = pd.DataFrame({"image": [np.zeros(64, np.uint8)] * 20, "label": [0, 1] * 10,
                          "cost": [1, 3] * 10})  # fmt: skip
    path = spec(tmp_path, data='frame\n  weight "cost"')
    path.write_text(path.read_text().replace("linear 10", "linear 2"))
    model = lenet.train(path, frame, engine="local", progress=False, epochs=200)
    found = model.predict(np.zeros((1, 1, 8, 8), np.uint8)).probabilities[0]
    assert found == pytest.approx([0.25, 0.75], abs=0.03)
