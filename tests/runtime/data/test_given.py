"""What Python programs train on: arrays, pandas and Arrow."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import lenet
from lenet.runtime.data import DataError
from lenet.runtime.datasets import load_dataset

DIGITS = load_dataset("digits")
X, Y = 15 * DIGITS.train.pixels[:600], DIGITS.train.labels[:600].astype(np.int64)
assert DIGITS.test is not None
XT, YT = 15 * DIGITS.test.pixels[:200], DIGITS.test.labels[:200].astype(np.int64)
NAMES = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])
TEXT = "input 1x8x8\nreshape 64\nlinear 10\ntrain\n  rate 0.1\n  batch 32\n  stop after 3 epochs\n"


@pytest.fixture
def net(tmp_path: Path) -> lenet.Network:
    """With `train` and without `data`: it trains on what it is given."""
    path = tmp_path / "net.lenet"
    path.write_text(TEXT)
    return lenet.load(path)


def train(net: lenet.Network, data: Any, **options: Any) -> lenet.Model:
    return lenet.train(net, data, engine="local", **options)


def test_arrays(net: lenet.Network) -> None:
    model = train(net, (X, Y, XT, YT))
    assert model.history[-1]["validation"]["top1"] > 0.75
    assert model.pixel_scale == 1 / 255
    # Whatever their form, the same images give the same weights.
    for x in (X[:, 0], X.reshape(-1, 64), X.astype(np.int64), X.tolist(), X[:, 0][:, None]):
        assert train(net, (x, Y, XT, YT)).digest == model.digest
    for y in (Y.astype(np.float64), Y.tolist(), Y[:, None], Y.astype(np.uint8)):
        assert train(net, [X, y, XT, YT]).digest == model.digest
    floats = train(net, (X / 240, Y, XT / 240, YT))
    assert floats.pixel_scale == 1.0 and floats.history[-1]["validation"]["top1"] > 0.5


def test_without_images_to_test_with(net: lenet.Network, tmp_path: Path) -> None:
    model = train(net, (X, Y))
    assert model.history[-1]["validation"] == {} and len(model.history) == 3
    path = tmp_path / "frame.lenet"
    path.write_text(TEXT.replace("train\n", "data frame\n  normalize\n  validate 100\ntrain\n"))
    held = train(lenet.load(path), (X, Y))
    assert held.history[-1]["validation"]["top1"] > 0.7 and held.mean[0] > 0
    both = train(lenet.load(path), (X, Y, XT, YT))  # what is given comes before what the file says
    assert both.history[-1]["validation"]["top1"] > 0.7


def test_labels_that_are_text(net: lenet.Network) -> None:
    """They become classes, whose names the model gives back."""
    for y in (NAMES[Y], NAMES[Y].astype(object), pd.Series(NAMES[Y]), pa.array(NAMES[Y]),
              pd.Categorical(NAMES[Y])):  # fmt: skip
        model = train(net, (X, y, XT, NAMES[YT]))
        assert model.classes == tuple(sorted(NAMES.tolist()))
        found = [model.predict(XT).label(k) for k in range(200)]
        assert np.mean(np.array(found) == NAMES[YT]) > 0.8
    with pytest.raises(DataError, match="ten is a class of no training images") as caught:
        train(net, (X, NAMES[Y], XT, np.where(YT == 3, "ten", NAMES[YT])))
    assert "of y_test, counted from 0" in caught.value.detail


def test_pandas(net: lenet.Network) -> None:
    expected = train(net, (X, Y))
    features = pd.DataFrame(X.reshape(-1, 64))
    assert train(net, (features, pd.Series(Y))).digest == expected.digest
    frame = pd.DataFrame({"image": [x.ravel().tolist() for x in X], "label": Y})
    assert train(net, frame).digest == expected.digest
    frame = frame.rename(columns={"image": "pixels", "label": "digit"})
    frame["test"] = np.arange(600) % 5 == 0
    columns = lenet.Columns("pixels", "digit", validation="test")
    model = train(net, frame, columns=columns)
    assert model.history[-1]["validation"]["top1"] > 0.7
    frame["digit"] = NAMES[Y]
    assert train(net, frame, columns=columns).classes[0] == "eight"


def test_other_forms_of_columns(net: lenet.Network) -> None:
    """Cells that are maps, categories of numbers, text as bytes."""
    expected = train(net, (X, Y)).digest
    maps = pd.DataFrame({"image": [x[0] for x in X], "label": pd.Categorical(Y)})
    assert train(net, maps).digest == expected
    assert train(net, (X, NAMES[Y].astype("S"))).classes == tuple(sorted(NAMES.tolist()))


@pytest.mark.parametrize("kind", ["negative", "halves", "booleans", "decimals", "small"])
def test_distinct_labels_of_all_kinds(tmp_path: Path, kind: str) -> None:
    values = {
        "negative": [-1, 0, 1], "halves": [0.5, 1.5, 2.0], "booleans": [False, True],
        "decimals": [Decimal("0"), Decimal("1"), Decimal("2.5")], "small": [1e-5, 1e-3, 7.0],
    }[kind]  # fmt: skip
    names = {
        "negative": ("-1", "0", "1"), "halves": ("0.5", "1.5", "2"),
        "booleans": ("false", "true"), "decimals": ("0", "1", "2.5"),
        "small": ("1e-05", "0.001", "7"),
    }[kind]  # fmt: skip
    path = tmp_path / "net.lenet"
    text = TEXT.replace("train\n", "data frame\n  label distinct\ntrain\n")
    path.write_text(text.replace("linear 10", f"linear {len(values)}"))
    labels = [values[k % len(values)] for k in range(90)]
    rows = X[:90]
    model = lenet.train(path, (rows, labels), engine="local")
    assert model.classes == names
    table = pa.table({"image": [x.tobytes() for x in rows], "label": pa.array(labels)})
    again = lenet.train(path, table, engine="local")
    assert again.classes == names and again.digest == model.digest
    assert model.evaluate(rows, np.array(labels, object))["count"] == 90


def test_arrow(net: lenet.Network, tmp_path: Path) -> None:
    table = pa.table({"image": [x.tobytes() for x in X], "label": Y})
    expected = train(net, (X, Y)).digest
    assert train(net, table).digest == expected
    path = tmp_path / "frame.lenet"
    path.write_text(TEXT.replace("train\n", 'data frame\n  image "i"\n  label "l" from 1\ntrain\n'))
    table = pa.table({"i": table["image"], "l": pa.array(Y + 1)})
    assert train(lenet.load(path), table).digest == expected


def test_a_dataset_of_ones_own(net: lenet.Network) -> None:
    data = lenet.Dataset("mine", DIGITS.train, DIGITS.test, DIGITS.classes, 1 / 16)
    assert train(net, data).history[-1]["validation"]["top1"] > 0.8


@pytest.mark.spark
def test_with_spark_the_bits_are_the_same(net: lenet.Network, spark: Any) -> None:
    local = train(net, (X, NAMES[Y], XT, NAMES[YT]))
    there = lenet.train(net, (X, NAMES[Y], XT, NAMES[YT]), spark=spark)
    assert there.digest == local.digest and there.classes == local.classes
    assert there.observed == local.observed


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ((X,), "1 things to train on.*\\(x, y\\)"),
        ((X[:10], Y[:9]), "10 images, y has 9 labels"),
        ((X[:, :, :7], Y), "do not fit the net's input 1x8x8.*\\(600, 1, 7, 8\\)"),
        ((X.transpose(0, 2, 3, 1), Y), "channels come last.*give x.transpose\\(0, 3, 1, 2\\)"),
        ((X, np.eye(10)[Y]), "labels of y are vectors.*one-hot.*give y.argmax\\(axis=1\\)"),
        ((X, Y - 1), "whole numbers from 0.*Row .* of y.*has -1"),
        ((X, Y + 0.5), "whole numbers from 0.*Row 0"),
        ((X.astype(np.int64) * 100, Y), "no bytes, 0 to 255.*go from 0 to 24000.*astype"),
        ((np.where(X > 200, np.nan, X.astype(float)), Y), "not a finite number.*Row .* of x"),
        ((X, Y, XT.astype(np.float32), YT), "differ in type"),
        ((X[:0], Y[:0]), "no images to train on"),
        ((X[:0] / 240, Y[:0]), "no images to train on"),
        ((X, None), "y is None"),
        ((X, Y, None, None), "x_test is None.*\\(x, y\\)"),
        ((X + 1j, Y), "no numbers.*complex"),
        ((X.astype("datetime64[s]"), Y), "no numbers.*datetime"),
        (X, "cannot train on a ndarray.*\\(x, y\\)"),
        ({"image": X, "label": Y}, "cannot train on a dict"),
        (pd.DataFrame({"image": [[1] * 64] * 2, "label": [1, np.inf]}), "the row 1: the label is"),
        (pd.DataFrame({"image": ["a.png"], "label": [1]}), "are string.*what is in the files"),
        (pa.table({"image": [[[1, 2], [3, 4]]], "label": [1]}), "one flat list"),
        (pa.table({"image": [[1e300] * 64], "label": [1]}), "not a finite number"),
        ((np.full((5, 1, 8, 8), "a"), Y[:5]), "no numbers"),
        (([[1, 2], [1]], [0, 1]), "no array of rows of one size"),
        (pa.table({"image": [b"1"], "y": [1]}), "has no column label.*columns are image, y"),
        (pd.DataFrame({"image": [[1, 2]], "label": [1]}, index=[77]), "the row 77: .*2 values"),
    ],
)
def test_data_that_cannot_be_used(net: lenet.Network, data: Any, words: str) -> None:
    with pytest.raises(lenet.LenetError, match=f"(?s){words}"):
        train(net, data)


def test_what_a_file_without_data_says(net: lenet.Network, tmp_path: Path) -> None:
    with pytest.raises(lenet.LenetError, match=r"(?s)does not say what to train on.*\(x, y\)"):
        train(net, None)
    path = tmp_path / "frame.lenet"
    path.write_text(TEXT.replace("train\n", "data frame\ntrain\n"))
    with pytest.raises(lenet.LenetError, match="(?s)does not say what to train on.*data frame"):
        train(lenet.load(path), None)
