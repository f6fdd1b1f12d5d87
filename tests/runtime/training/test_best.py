"""The best weights of a run: best.safetensors, `keep best`, and what checkpoints know of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lenet
from lenet.dsl.check import check, check_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.metrics import METRICS
from lenet.runtime.records.records import epochs_of
from lenet.runtime.training.best import Best, better
from lenet.runtime.training.job import digest_of

NET = """\
input 1x8x8
flatten
linear 30
tanh
linear 10
logsoftmax
data digits
  validate 300
train
  rate 12
  batch 50
  stop after {epochs} epochs
  validate top1 loss every epoch
{more}"""


def spec(tmp_path: Path, epochs: int = 8, more: str = "") -> Path:
    path = tmp_path / "net.lenet"
    path.write_text(NET.format(epochs=epochs, more=more))
    return path


def train(path: Path, folder: Path, **options: Any) -> lenet.Model:
    where = options if "spark" in options else {"engine": "local", **options}
    return lenet.train(path, output=folder, progress=False, **where)


@pytest.mark.parametrize("metric", ["top1", "loss"])
def test_the_best_is_that_of_the_best_validation(tmp_path: Path, metric: str) -> None:
    model = train(spec(tmp_path, more=f"  keep best {metric}\n"), tmp_path / "kept")
    history = epochs_of(tmp_path / "kept")
    scores = [METRICS[metric].score(e["validation"][metric]) for e in history]
    epoch = int(np.argmax(scores)) + 1
    assert 1 < epoch < 8
    until = train(spec(tmp_path, epochs=epoch), tmp_path / "until")
    assert model.digest == until.digest and len(model.history) == epoch
    last = train(spec(tmp_path), tmp_path / "last")
    assert last.digest != model.digest
    for folder in ("kept", "last"):
        best = lenet.open(tmp_path / folder / "best.safetensors")
        if folder == "kept" or metric == "top1":  # the first metric of `validate`
            assert best.digest == model.digest
    assert lenet.open(tmp_path / "kept" / "model.safetensors").digest == model.digest
    held_out = lenet.datasets.load("digits").hold_out(300, 1).test
    found = model.evaluate(held_out.pixels, held_out.labels)
    assert found[metric] == pytest.approx(history[epoch - 1]["validation"][metric])


def test_a_run_that_goes_on_knows_the_best(tmp_path: Path, spark: Any) -> None:
    path = spec(tmp_path, more="  keep best top1\n")
    whole = train(path, tmp_path / "whole")
    train(path, tmp_path / "parts", epochs=4)
    parts = train(path, tmp_path / "parts", resume=True, epochs=8)
    assert parts.digest == whole.digest
    on_spark = lenet.train(path, spark=spark, output=tmp_path / "spark", progress=False)
    assert on_spark.digest == whole.digest
    assert lenet.open(tmp_path / "spark" / "best.safetensors").digest == whole.digest


def test_another_metric_begins_anew() -> None:
    weights = np.arange(3, dtype=np.float32)
    best = better(None, "loss", {"loss": 2.0}, weights, 8)
    assert best is not None and best.score == -2
    assert better(best, "loss", {"loss": 2.0}, weights + 1, 9) is best
    assert better(best, "loss", {}, weights + 1, 9) is best
    assert better(best, "loss", {"loss": float("nan")}, weights + 1, 9) is best
    again = better(best, "loss", {"loss": 1.0}, weights + 1, 9)
    assert again is not None and again.weights[0] == 1
    assert Best.of(best.said, best.weights, "top1", 3) is None
    assert Best.of(None, None, "top1", 3) is None


@pytest.mark.parametrize(("said", "weights"), [
    ("x", np.zeros(3, np.float32)), (["loss"], np.zeros(3, np.float32)),
    (["loss", "x", 3], np.zeros(3, np.float32)), (["loss", 1.0], np.zeros(3, np.float32)),
    (["loss", 1.0, 3], np.zeros(4, np.float32)),
    (["loss", 1.0, 3], np.full(3, np.nan, np.float32)), (["loss", 1.0, 3], np.zeros(3)),
])  # fmt: skip
def test_what_a_checkpoint_cannot_say(said: Any, weights: Any) -> None:
    with pytest.raises(LenetError, match="damaged"):
        Best.of(said, weights, "loss", 3)


def test_without_images_to_validate_with_there_is_no_best(tmp_path: Path) -> None:
    path = spec(tmp_path)
    path.write_text(path.read_text().replace("data digits\n  validate 300\n", "data frame\n"))
    digits = lenet.datasets.load("digits").train
    train_ = lenet.train(
        path, (digits.pixels, digits.labels), engine="local", output=tmp_path / "run",
        progress=False, epochs=1,
    )  # fmt: skip
    assert train_.history and not (tmp_path / "run" / "best.safetensors").exists()


def test_what_is_kept_does_not_make_another_training() -> None:
    graphs = [check_graph(NET.format(epochs=2, more=m), "x") for m in ("", "  keep best loss\n")]
    assert len({digest_of(graph, (1.0,), (0.0,), "data") for graph in graphs}) == 1


@pytest.mark.parametrize("line", ["keep", "keep top1", "keep best", "keep best top7", "keep last"])
def test_what_cannot_be_kept(line: str) -> None:
    assert check(NET.format(epochs=2, more=f"  {line}\n")).graph is None
