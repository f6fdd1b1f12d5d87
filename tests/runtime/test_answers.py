"""Nets whose answers are numbers, or yes or no: measured, trained, and given back in their unit."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from onnx_nets import run
from typer.testing import CliRunner

import lenet
from lenet.cli import app
from lenet.dsl.check import check_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.metrics import METRICS
from lenet.runtime.data import DataError
from lenet.runtime.data.counts import count, together
from lenet.runtime.data.dataset import Images
from lenet.runtime.datasets import load_dataset
from lenet.runtime.metrics import Tally, all_metrics, measure
from lenet.runtime.metrics.outcomes import outcomes_of
from lenet.runtime.models.onnx_file import onnx_bytes
from lenet.runtime.unit import Unit
from reference.metrics import OF_NUMBERS, OF_YES_OR_NO

RNG = np.random.default_rng(5)
X = RNG.normal(size=(1500, 6)).astype(np.float32)
PRICE = np.exp(5 + 0.5 * np.sin(2 * X[:, 0]) + 0.2 * X[:, 1])
HEIGHT = 2.0 * X[:, 2] - X[:, 3] + 0.1 * RNG.normal(size=1500) + 170
CAT, DOG = X[:, 0] + 0.2 * RNG.normal(size=1500) > 0, X[:, 1] > 0.5
NET = (
    "input 6\nlinear 24\ntanh\nlinear {outputs}\n{data}train\n  {loss}rate 0.01\n  optimizer adam\n"
)
NET += "  batch 50\n  stop after {epochs} epochs\n"


def net(outputs: int, loss: str = "", data: str = "", epochs: int = 12) -> lenet.Network:
    loss = f"loss {loss}\n  " if loss else ""
    return lenet.load(NET.format(outputs=outputs, loss=loss, data=data, epochs=epochs))


def train(network: lenet.Network, data: Any, **options: Any) -> lenet.Model:
    return lenet.train(network, data, engine="local", **options)


def unit_of(loss: str, outputs: int, labels: np.ndarray) -> Unit:
    mean, deviation = tuple(labels.mean(axis=0)), tuple(labels.std(axis=0))
    return Unit.of(net(outputs, loss).graph, mean, deviation)


def outcomes(loss: str, outputs: np.ndarray, labels: np.ndarray) -> Any:
    labels = labels.astype(np.float32)
    unit = unit_of(loss, outputs.shape[1], labels)
    return outcomes_of(outputs.astype(np.float32), labels, True, unit)


@pytest.mark.parametrize("name", OF_NUMBERS)
@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e7])
def test_metrics_of_numbers_are_in_their_unit(name: str, scale: float) -> None:
    labels = scale * RNG.normal(3, [1, 0.2, 5], (300, 3))
    labels[7, 1] = 0
    found = outcomes("mse", RNG.normal(0, 1, (300, 3)), labels)
    meant = OF_NUMBERS[name](found.points, found.labels.astype(np.float64))
    assert measure(found, (METRICS[name].use(),))[name] == pytest.approx(meant, rel=1e-6)


@pytest.mark.parametrize("name", OF_YES_OR_NO)
def test_metrics_of_yes_or_no(name: str) -> None:
    odds, labels = RNG.normal(0, 2, (200, 3)), RNG.integers(0, 2, (200, 3))
    found = outcomes("bce", odds, labels)
    meant = OF_YES_OR_NO[name](1 / (1 + np.exp(-odds)), labels.astype(np.float64))
    assert measure(found)[name] == pytest.approx(meant, rel=5e-3 if name == "auc" else 1e-6)


@pytest.mark.parametrize("loss", ["mse", "bce", "poisson"])
def test_parts_of_rows_add_up_to_the_same_bits(loss: str) -> None:
    outputs, labels = RNG.normal(0, 1, (200, 2)), RNG.integers(0, 2, (200, 2)).astype(np.float32)
    unit = unit_of(loss, 2, labels)
    tally = Tally.of(all_metrics(), 2, ("a", "b"), unit)
    parts = [
        tally.count(outcomes_of(outputs[k].astype(np.float32), labels[k], True, unit))
        for k in (slice(130, 200), slice(0, 0), slice(0, 130))
    ]
    whole = outcomes_of(outputs.astype(np.float32), labels, True, unit)
    np.testing.assert_array_equal(np.sum(parts, axis=0), tally.count(whole))
    assert tally.values(np.sum(parts, axis=0)) == measure(whole)


def test_an_answer_beyond_all_reason_is_infinite_and_none_is_none() -> None:
    outputs = np.array([[0.0], [1e9], [np.nan]])
    found = measure(outcomes("mse", outputs[:2], np.array([[1.0], [3.0]])))
    assert found["rmse"] == found["mae"] == math.inf
    broken = outcomes("mse", outputs, np.array([[1.0], [3.0], [2.0]]))
    tally = Tally.of(all_metrics(), 1, ("a",), broken.unit)
    assert tally.broken(tally.count(broken))


def test_moments_are_exact_whoever_has_the_rows() -> None:
    labels = np.array([[1e-30, 3.5], [2e20, -1.25], [5e-40, 7.0], [-2e20, 0.1]], np.float32)
    images = Images(np.zeros((4, 1, 1, 1), np.float32), labels)
    parts = [count(images.take(np.array(rows)), 1.0) for rows in ([3, 1], [0], [2])]
    assert together(parts) == count(images, 1.0) == together(reversed(parts))
    mean, deviation = together(parts).of_answers()
    assert mean[0] == pytest.approx(labels[:, 0].astype(float).sum() / 4, rel=1e-7, abs=1e12)
    assert (mean[1], deviation[1]) == pytest.approx((labels[:, 1].mean(), labels[:, 1].std()))


def test_a_number_is_learnt_and_given_back_in_its_unit(tmp_path: Path) -> None:
    data = X[:1000], HEIGHT[:1000], X[1000:], HEIGHT[1000:]
    model = train(net(1, "mse"), data, output=tmp_path / "run")
    found = model.predict(X[1000:])
    rmse = float(np.sqrt(np.mean((found.values[:, 0] - HEIGHT[1000:]) ** 2)))
    assert rmse < 0.4 and found.answers == "numbers" and found.names == ("answer",)
    assert model.evaluate(X[1000:], HEIGHT[1000:])["rmse"] == pytest.approx(rmse, rel=1e-5)
    assert model.history[-1]["validation"]["rmse"] == pytest.approx(rmse, rel=1e-5)
    assert model.history[-1]["top1"] is None
    again = lenet.open(tmp_path / "run" / "model.safetensors")
    assert again.predict(X[1000:]) == found and again.predict(X[1000:])[3] == found[3]
    checkpoint = next((tmp_path / "run/checkpoints").glob("*.safetensors"))
    assert lenet.open(checkpoint).predict(X[1000:]) == found
    one = model.predict(X[1000:1001]).values
    np.testing.assert_allclose(one, found.values[:1], rtol=1e-5)
    assert repr(found).startswith("<Answered of 500 images, numbers: answer 1")
    assert (len(found), len(found[:7]), len(list(found))) == (500, 7, 500)
    with pytest.raises(IndexError):
        found[500]


@pytest.mark.parametrize("loss", ["mae", "huber", "huber delta 0.1", "cosine"])
def test_other_losses_learn_as_well(loss: str) -> None:
    both = np.stack([HEIGHT - 170, X[:, 0]], axis=1)
    model = train(net(2, loss, epochs=15), (X[:1000], both[:1000], X[1000:], both[1000:]))
    history = [epoch["validation"]["loss"] for epoch in model.history]
    assert history[-1] < 0.35 * history[0]


def test_logarithms_are_learnt_and_prices_are_given_back() -> None:
    table = pd.DataFrame({"image": list(X), "price": PRICE})
    network = net(1, data="data frame\n  predict log price\n  validate 300\n")
    model = train(network, table)
    assert network.graph.answers == "numbers" and model.classes == ("price",)
    found = model.predict(X).values[:, 0]
    assert np.mean(np.abs(found - PRICE) / PRICE) < 0.15
    assert model.history[-1]["validation"]["rmse"] < 0.15
    np.testing.assert_allclose(run(onnx_bytes(model), X)[:, 0], found, rtol=1e-5)
    with pytest.raises(DataError, match="cannot be used") as error:
        train(network, table.assign(price=[0.0, *PRICE[1:]]))
    assert "the row 0: the answer is 0, and `predict log` takes numbers above 0" in str(error.value)


def test_quantiles_hold_as_many_answers_as_they_say() -> None:
    noise = X[:, 0] + RNG.normal(size=1500)
    model = train(net(3, "quantile 0.1 0.5 0.9", epochs=20), (X, noise))
    found = model.predict(X)
    assert found.names == ("answer 0.1", "answer 0.5", "answer 0.9")
    shares = [np.mean(noise < found.values[:, k]) for k in range(3)]
    np.testing.assert_allclose(shares, [0.1, 0.5, 0.9], atol=0.1)
    assert model.evaluate(X, noise)["mae"] == pytest.approx(
        np.abs(found.values[:, 1] - noise).mean(), rel=1e-5
    )


def test_counts_are_expected() -> None:
    counts = RNG.poisson(np.exp(1 + 0.5 * X[:, 0]))
    model = train(net(1, "poisson"), (X, counts))
    expected = model.predict(X).values[:, 0]
    assert np.mean(np.abs(expected - np.exp(1 + 0.5 * X[:, 0]))) < 0.5
    with pytest.raises(DataError, match="an answer of y is -1, and should be 0 or more"):
        train(net(1, "poisson"), (X, counts - 1 - counts.min()))


def test_shares_are_learnt() -> None:
    scores = np.exp(np.stack([X[:, 0], X[:, 1], 0 * X[:, 0]], axis=1))
    shares = scores / scores.sum(axis=1, keepdims=True)
    network = lenet.load(
        NET.format(outputs="3\nlogsoftmax", loss="loss kl\n  ", data="", epochs=12)
    )
    model = train(network, (X, shares))
    found = model.predict(X).values
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert np.abs(found - shares).mean() < 0.05


def test_several_questions_are_answered_with_yes_or_no(tmp_path: Path) -> None:
    table = pd.DataFrame({"image": list(X), "cat": CAT, "dog": DOG.astype(int)})
    network = net(2, data="data frame\n  predict any of cat dog\n  validate 300\n")
    model = train(network, table)
    assert model.classes == ("cat", "dog")
    found = model.predict(X)
    assert found.answers == "yes or no"
    assert np.mean((found.values > 0.5) == np.stack([CAT, DOG], axis=1)) > 0.9
    told = model.evaluate(X, np.stack([CAT, DOG], axis=1))
    assert [row["label"] for row in told.classes] == ["cat", "dog"]
    assert told.classes[0]["count"] == CAT.sum() and told["accuracy"] > 0.9
    again = train(net(2, "bce"), (X, np.stack([CAT, DOG], axis=1).astype(float)))
    assert again.predict(X).answers == "yes or no"


def test_weights_and_balance() -> None:
    rare = X[:, 0] > 1.8
    plain = train(net(1, "bce", epochs=4), (X, rare)).predict(X).values
    weighed = train(net(1, "bce weights 20", epochs=4), (X, rare)).predict(X).values
    assert (weighed > 0.5).mean() > (plain > 0.5).mean()


BAD = [
    (net(2, "mse"), (X, HEIGHT), "y has 1 a row"),
    (net(1, "mse"), (X, np.full(1500, np.nan)), "an answer of y is nan, and no finite number"),
    (net(1, "mse"), (X, np.full(1500, 2.0)), "have the same answer"),
    (net(1, "bce"), (X, HEIGHT), "and should be 1 (yes) or 0 (no)"),
    (net(1, "mse"), (X, np.full(1500, "high")), "are no numbers"),
    (net(1, "mse"), pd.DataFrame({"image": list(X), "label": ["a"] * 1500}), "is string"),
    (net(1, "mse"), pd.DataFrame({"image": list(X), "b": HEIGHT}), "has no column label"),
    (net(1, "mse"), pa.table({"image": list(X), "label": [None, *HEIGHT[1:]]}), "is empty"),
    (net(3, "mse"), pa.table({"image": list(X), "label": [[1.0, 2.0]] * 1500}), "answers with 3"),
]  # fmt: skip


@pytest.mark.parametrize("network, data, said", BAD)
def test_answers_that_do_not_fit(network: lenet.Network, data: Any, said: str) -> None:
    with pytest.raises(LenetError) as error:
        train(network, data)
    assert said in str(error.value)


def test_answers_in_lists_of_one_column() -> None:
    both = np.stack([HEIGHT, X[:, 0]], axis=1)
    table = pa.table({"image": list(X), "label": list(both)})
    assert train(net(2, "mse"), table).digest == train(net(2, "mse"), (X, both)).digest


def test_a_net_that_learns_nothing_is_told_of() -> None:
    noise = RNG.normal(size=1500)
    events: list[Any] = []
    data = X[:1000], noise[:1000], X[1000:], noise[1000:]
    train(net(1, "mse", epochs=2), data, watch=events.append)
    said = [event["text"] for event in events if event["event"] == "warning"]
    assert any("no better than guessing: than to answer always the mean" in text for text in said)


def test_rare_answers_and_ones_that_hardly_vary_are_told_of() -> None:
    events: list[Any] = []
    train(net(1, "mse", epochs=1), (X, 1e7 + HEIGHT), watch=events.append)
    train(net(1, "bce", epochs=1), (X, X[:, 0] > 2.2), watch=events.append)
    said = [event["text"] for event in events if event["event"] == "warning"]
    assert any("hardly vary" in text for text in said)
    assert any(text.endswith("are no") for text in said)


def test_the_usual_metrics_follow_from_the_answers() -> None:
    usual = {1: "mse", 2: "bce", 3: ""}
    found = [
        [use.name for use in check_graph(net(k, loss).graph.source, "x").train.metrics]
        for k, loss in usual.items()
    ]
    assert found == [["rmse", "mae", "loss"], ["accuracy", "loss"], ["top1", "loss"]]
    assert METRICS["rmse"].score(0.5) < METRICS["rmse"].score(0.25)


@pytest.mark.spark
def test_spark_reads_trains_and_predicts_the_same(spark, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    frame = pd.DataFrame({"image": list(map(list, X)), "price": PRICE, "height": HEIGHT,
                          "cat": CAT, "dog": DOG.astype(int)})  # fmt: skip
    frame.to_parquet(tmp_path / "t.parquet")
    for columns, outputs in (("height price", 2), ("log price", 1), ("any of cat dog", 2)):
        data = f'data parquet "t.parquet"\n  predict {columns}\n  validate 300\n'
        path = tmp_path / "net.lenet"
        path.write_text(net(outputs, data=data, epochs=2).graph.source)
        local = lenet.train(path, engine="local")
        cluster = lenet.train(path, spark=spark)
        assert cluster.digest == local.digest and cluster.answers == local.answers
        last = [{k: m.history[-1][k] for k in ("loss", "validation")} for m in (local, cluster)]
        assert last[0] == last[1]
        rows = spark.createDataFrame(frame[["image"]].head(40))
        told = rows.select(lenet.udf(local, spark)("image").alias("p")).collect()
        found = local.predict(X[:40])
        if found.answers == "numbers":
            assert [row.p.raw for row in told] == [list(map(float, v)) for v in found.values]
            assert told[0].p.prediction == float(found.values[0, 0])
            assert told[0].p.label is None and told[0].p.probability is None
        else:
            got = np.array([row.p.probability for row in told], np.float32)
            np.testing.assert_array_equal(got, found.values)
            assert [row.p.prediction for row in told] == list((found.values[:, 0] > 0.5) + 0.0)


@pytest.mark.spark
def test_rows_of_a_frame_that_cannot_be_used(spark) -> None:  # type: ignore[no-untyped-def]
    rows = [(list(map(float, x)), float(h), "a") for x, h in zip(X[:20], HEIGHT[:20], strict=True)]
    rows[5] = (rows[5][0], None, "a")  # type: ignore[arg-type]
    frame = spark.createDataFrame(rows, "image array<double>, label double, word string")
    with pytest.raises(LenetError, match="cannot be used") as error:
        lenet.train(net(1, "mse"), frame, spark=spark)
    assert "the answer is empty" in str(error.value)
    words = net(1, "mse", data="data frame\n  predict word\n")
    with pytest.raises(LenetError, match="the answers are numbers, but the column word is string"):
        lenet.train(words, frame, spark=spark)


def test_commands_know_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of numbers and of yes or no: what is shown, trained, measured and predicted."""
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame({"image": list(map(list, X)), "price": PRICE, "cat": CAT, "dog": DOG})
    frame.to_parquet("t.parquet")
    runner = CliRunner()

    def run(*arguments: str) -> str:
        found = runner.invoke(app, list(arguments))
        assert found.exit_code == 0, found.output + str(found.exception)
        return found.output

    for columns, outputs, metric in (("log price", 1, "rmse"), ("any of cat dog", 2, "accuracy")):
        data = f'data parquet "t.parquet"\n  predict {columns}\n  validate 300\n'
        Path("net.lenet").write_text(net(outputs, data=data, epochs=1).graph.source)
        shown = run("data", "show", "net.lenet")
        assert "answer" in shown and all(name in shown for name in columns.split()[-1:])
        facts = next(
            json.loads(line)
            for line in run("data", "show", "net.lenet", "--json").splitlines()
            if line.startswith("{")
        )
        assert [a["answer"] for a in facts["answers"]] == columns.split()[-outputs:]
        out = run("train", "net.lenet", "--engine", "local", "-o", "run", "--force")
        assert metric in out and "top1" not in out
        told = run("evaluate", "run/model.safetensors")
        assert metric in told and (" cat" in "\n " + told.replace("\n", "\n ")) == (outputs == 2)
        assert run("rate", "net.lenet", "--find")


UNET = """input 1x16x16
conv 8x3x3 pad 1
relu
concat
  path
  path
    maxpool 2
    conv 16x3x3 pad 1
    relu
    upconv 8x2x2 stride 2
    relu
conv 8x3x3 pad 1
relu
conv 1x1x1
train
  loss bce
  optimizer adam
  rate 0.01
  batch 32
  stop after 8 epochs
  validate iou dice accuracy loss every epoch
"""


def circles(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noisy pictures with a disc each, and where it is."""
    rng = np.random.default_rng(seed)
    at, size = rng.uniform(4, 12, (count, 2, 1, 1)), rng.uniform(2, 5, (count, 1, 1))
    rows, columns = np.mgrid[:16, :16]
    inside = (rows - at[:, 0]) ** 2 + (columns - at[:, 1]) ** 2 < size**2
    noisy = inside * 0.8 + rng.normal(0, 0.3, inside.shape)
    return noisy[:, None].astype(np.float32), inside


def test_a_u_net_finds_discs() -> None:
    """Each place of a mask is an answer yes or no."""
    (x, masks), (xt, masks_t) = circles(600, 1), circles(100, 2)
    model = train(lenet.load(UNET), (x, masks, xt, masks_t))
    said = model.predict(xt)
    found = said.values.reshape(masks_t.shape) > 0.5
    iou = (found & masks_t).sum() / (found | masks_t).sum()
    assert iou > 0.9
    told = model.evaluate(xt, masks_t)
    assert told["iou"] == pytest.approx(iou) and told["dice"] == pytest.approx(2 * iou / (1 + iou))
    assert told.classes == []  # a line for each place would tell nothing
    assert model.history[-1]["validation"]["iou"] == pytest.approx(iou)


def test_an_autoencoder_gives_digits_back() -> None:
    digits = load_dataset("digits")
    values = [part.pixels.reshape(len(part), -1) / 16 for part in (digits.train, digits.test)]
    spec = "input 64\nlinear 32\nrelu\nlinear 12\nlinear 32\nrelu\nlinear 64\n"
    spec += "train\n  loss mse\n  optimizer adam\n  rate 0.005\n  batch 50\n  "
    spec += "stop after 25 epochs\n  validate rmse psnr every epoch\n"
    model = train(lenet.load(spec), (values[0], values[0], values[1], values[1]))
    told = model.evaluate(values[1], values[1])
    assert told["rmse"] < 0.16 and told["psnr"] == pytest.approx(-20 * np.log10(told["rmse"]))
    assert told["psnr"] == pytest.approx(model.history[-1]["validation"]["psnr"])


@pytest.mark.spark
@pytest.mark.large
def test_spark_ml_has_a_regressor(spark, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    from pyspark.ml.evaluation import RegressionEvaluator

    from lenet.ml import LenetClassifier, LenetModel, LenetRegressor

    frame = pd.DataFrame({"features": list(map(list, X)), "label": HEIGHT, "price": PRICE})
    rows = spark.createDataFrame(frame)
    text = net(1, "mse", epochs=6).graph.source
    model = LenetRegressor(spec=text).fit(rows)
    found = model.transform(rows)
    assert "probability" not in found.columns
    rmse = RegressionEvaluator(metricName="rmse").evaluate(found)
    assert rmse == pytest.approx(model.net.evaluate(X, HEIGHT)["rmse"], rel=1e-5) and rmse < 1
    model.write().overwrite().save(str(tmp_path / "model"))
    again = LenetModel.load(str(tmp_path / "model")).transform(rows)
    assert again.select("prediction").collect() == found.select("prediction").collect()
    both = net(2, "mae", data="data frame\n  predict label price\n", epochs=2).graph.source
    told = LenetRegressor(spec=both).fit(rows).transform(rows).first()
    assert len(told.rawPrediction) == 2 and told.rawPrediction[0] == told.prediction
    with pytest.raises(LenetError, match="answers with numbers, and not with classes"):
        LenetClassifier(spec=text).fit(rows)
    with pytest.raises(LenetError, match="use LenetClassifier"):
        LenetRegressor(spec=net(3).graph.source).fit(rows)


def test_the_first_row_that_is_none_is_named_with_its_own_value() -> None:
    wrong = HEIGHT.copy()
    wrong[[3, 7]] = -1, np.nan
    with pytest.raises(DataError) as error:
        train(net(1, "poisson"), (X, wrong))
    assert "an answer of y is -1, and should be 0 or more" in str(error.value)
    assert "Row 3, counted from 0, is the first" in str(error.value)


def test_notebooks_show_answers() -> None:
    model = train(net(2, "bce", epochs=1), (X, np.stack([CAT, DOG], axis=1)))
    page = model.predict(X[:30])._repr_html_()
    assert "30 images, yes or no, the first 24" in page and page.count("answer 1 <b>") == 24
