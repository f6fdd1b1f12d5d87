"""Cross-validation: each training is that of a file of its own, and what is told is right."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import lenet
from lenet.dsl.errors import LenetError

NET = """\
input 1x8x8
reshape 64
linear 10
logsoftmax
data digits
  folds 3
train
  optimizer sgd momentum 0.9
  rate 0.01
  batch 64
  stop after 2 epochs
  validate top1 loss every epoch
"""


def validated(text: str = NET, *data: Any, **options: Any) -> lenet.CrossValidation:
    return lenet.cross_validate(text, *data, engine="local", progress=False, **options)


def digests(found: lenet.CrossValidation) -> list[str]:
    assert found.model is not None
    return [*(fold.model.digest for fold in found.folds), found.model.digest]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[lenet.CrossValidation, Path]:
    folder = tmp_path_factory.mktemp("folds") / "run"
    return validated(output=folder), folder


def test_each_fold_is_the_training_of_a_file(
    found: tuple[lenet.CrossValidation, Path],
) -> None:
    result, folder = found
    own = NET.replace("folds 3", "validate fold 2 of 3")
    model = lenet.train(own, engine="local", progress=False)
    assert model.digest == result.folds[1].model.digest
    assert model.history[-1]["validation"] == result.folds[1].metrics
    whole = lenet.train(NET.replace("  folds 3\n", ""), engine="local", progress=False)
    assert whole.digest == digests(result)[-1]
    assert lenet.open(folder / "model.safetensors").digest == whole.digest
    assert lenet.open(folder / "fold-2" / "model.safetensors").source == own
    assert (folder / "report.html").exists() and (folder / "fold-3" / "report.html").exists()


def test_mean_and_deviation(found: tuple[lenet.CrossValidation, Path]) -> None:
    result, folder = found
    for name in ("top1", "loss"):
        values = np.array([fold.metrics[name] for fold in result.folds])
        assert result.mean[name] == pytest.approx(values.mean(), rel=1e-12)
        assert result.deviation[name] == pytest.approx(values.std(ddof=1), rel=1e-9)
        assert result.deviation[name] > 0
    told = json.loads((folder / "folds.json").read_text())
    assert told["mean"] == result.mean and len(told["folds"]) == 3
    assert "top1" in repr(result) and "±" in repr(result)


def test_one_that_was_stopped_goes_on_to_the_same(
    found: tuple[lenet.CrossValidation, Path], tmp_path: Path
) -> None:
    begun: list[int] = []

    def watch(event: dict[str, Any]) -> None:
        if event["event"] == "fold":
            begun.append(event["fold"])
        if event["event"] == "epoch" and begun[-1] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        validated(output=tmp_path / "run", watch=watch)
    assert begun == [1, 2]
    again = validated(output=tmp_path / "run", resume=True)
    assert digests(again) == digests(found[0])
    with pytest.raises(LenetError, match="is a cross-validation"):
        lenet.train(
            NET.replace("  folds 3\n", ""), engine="local", output=tmp_path / "run", resume=True
        )
    fewer = NET.replace("folds 3", "folds 2")
    validated(fewer, output=tmp_path / "run", overwrite=True, report=False)
    made = {path.name for path in (tmp_path / "run").iterdir()}
    assert made == {"fold-1", "fold-2", "all-rows", "folds.json", "model.safetensors"}
    assert (tmp_path / "run" / "fold-1" / "run.json").exists()


def test_a_search_compares_means() -> None:
    text = NET.replace("  validate top1 loss every epoch\n", "")
    text += "search\n  rate log 0.0001 to 0.1\n  trials 2\n  early never\n"
    searched = lenet.search(text, engine="local", progress=False)
    own = validated(text.split("search")[0])
    assert searched.trials[0].value == own.mean["top1"]
    assert len(searched.trials[0].values) == 3 and searched.folds == 3
    assert "folds 3" in searched.text and searched.model is not None
    best = lenet.train(searched.text, engine="local", progress=False)  # which is of all rows
    assert best.digest == searched.model.digest
    again = lenet.search(text, engine="local", progress=False, at_once=2)
    assert again.trials == searched.trials and again.model is not None
    assert again.model.digest == searched.model.digest


def test_rows_of_a_table() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"a": rng.normal(size=90), "shop": np.arange(90) % 9})
    frame["price"] = 2 * frame.a + 0.1 * rng.normal(size=90)
    text = (
        "input 1\nlinear 1\ndata frame\n  number a\n  predict price\n  folds 3 by shop\n"
        "train\n  rate 0.1\n  batch 16\n  stop after 3 epochs\n"
    )
    result = validated(text, frame)
    assert result.mean["rmse"] < frame.price.std()
    assert result.model is not None and result.model.history[-1]["validation"] == {}
    model = lenet.train(text, frame, engine="local", progress=False)
    assert model.digest == result.model.digest
    with pytest.raises(LenetError, match="there are 9 values of shop for `folds 10`"):
        validated(text.replace("folds 3", "folds 10"), frame)
    stops = text.replace("stop after 3 epochs", "stop when rmse below 9")
    assert validated(stops, frame).model is None
    with pytest.raises(LenetError, match="no model of all rows"):
        lenet.train(stops, frame, engine="local", progress=False)


def test_rows_to_test_with_are_not_looked_at() -> None:
    digits = lenet.datasets.load("digits")
    assert digits.test is not None
    x, y = digits.train.pixels[:300], digits.train.labels[:300]
    wrong = (x, y, digits.test.pixels, (digits.test.labels + 1) % 10)
    text = NET.replace("data digits", "data frame")
    first = validated(text, wrong)
    assert digests(first)[:3] == digests(validated(text, (x, y)))[:3]
    with pytest.raises(LenetError, match="names no folds"):
        validated(NET.replace("  folds 3\n", ""))
