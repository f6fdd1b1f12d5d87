"""Metrics with values and tables, from the file to events, history, TensorBoard and the model."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lenet
from lenet.dsl.check import check, check_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.metrics import named
from lenet.runtime.models.model_facts import Damaged, history_of
from lenet.runtime.training.job import digest_of

NET = """\
input 1x8x8
flatten
linear 10
logsoftmax
data digits
  validate 300
train
  rate 0.3
  batch 50
  stop after 2 epochs
  {}
"""
ASKED = 'validate top1 top 3 confusion f1 micro f1 recall of "8" auc every epoch'
NAMES = ["top1", "top3", "confusion", "f1 micro", "f1", "recall of 8", "auc"]


def train(tmp_path: Path, line: str = ASKED, name: str = "run", **options: Any) -> lenet.Model:
    path = tmp_path / "net.lenet"
    path.write_text(NET.format(line))
    where = options if "spark" in options else {"engine": "local", **options}
    return lenet.train(path, output=tmp_path / name, progress=False, **where)


def epochs(folder: Path) -> list[dict[str, Any]]:
    lines = map(json.loads, (folder / "history.jsonl").read_text().splitlines())
    return [line for line in lines if line["event"] == "epoch"]


def test_what_the_history_and_the_model_keep(tmp_path: Path) -> None:
    model = train(tmp_path)
    first, last = epochs(tmp_path / "run")
    for epoch in (first, last):
        found = epoch["validation"]
        assert list(found) == NAMES
        counts = np.array(found["confusion"])
        assert counts.shape == (10, 10) and counts.sum() == 300
        assert np.trace(counts) / 300 == found["top1"] == found["f1 micro"]
        assert counts[8, 8] / counts[8].sum() == found["recall of 8"]
    again = lenet.open(tmp_path / "run" / "model.safetensors")
    kept = [epoch["validation"] for epoch in again.history]
    assert kept[1] == last["validation"] == model.history[1]["validation"]
    assert list(kept[0]) == [name for name in NAMES if name != "confusion"]
    board = b"".join(path.read_bytes() for path in (tmp_path / "run/tensorboard").iterdir())
    assert set(re.findall(rb"validation/([\w ]+?)\x15", board)) == {
        name.encode() for name in NAMES if name != "confusion"
    }


def test_the_same_bits_whoever_counts(tmp_path: Path) -> None:
    """With any number of threads, and of images at a time."""
    runs = [train(tmp_path, name=f"run{n}", threads=n).history[-1] for n in (1, 2)]
    assert runs[0]["validation"] == runs[1]["validation"]


@pytest.mark.spark
def test_the_same_bits_on_spark(tmp_path: Path, spark: Any) -> None:
    here = train(tmp_path, name="here")
    there = train(tmp_path, name="there", spark=spark)
    assert here.digest == there.digest
    for one, other in zip(epochs(tmp_path / "here"), epochs(tmp_path / "there"), strict=True):
        assert one["validation"] == other["validation"]


@pytest.mark.parametrize("metric", ["top 3", "f1 micro", 'recall of "8"', "recall of 8"])
def test_stop_and_keep_take_uses(tmp_path: Path, metric: str) -> None:
    model = train(tmp_path, f"stop when {metric} above 0.01\n  keep best {metric}")
    assert len(model.history) == 1 and list(model.history[0]["validation"]) == ["top1", "loss"]


def test_the_best_is_told_by_the_first_number() -> None:
    graph = check_graph(NET.format("validate confusion top 3 top1 every epoch"), "net.lenet")
    assert graph.train is not None
    assert list(map(named, graph.train.metrics)) == ["confusion", "top3", "top1"]
    assert graph.train.judged_by == "top3"


def test_the_same_metric_is_measured_once() -> None:
    line = 'validate top1 top 1 f1 macro f1 recall of 3 recall of "3" every epoch'
    train = check_graph(NET.format(line), "net.lenet").train
    assert train is not None
    assert list(map(named, train.metrics)) == ["top1", "f1", "recall of 3"]


def test_metrics_do_not_make_another_training() -> None:
    lines = "validate top1 loss every epoch", ASKED, "keep best auc", "stop when auc above 2"
    graphs = [check_graph(NET.format(line), "net.lenet") for line in lines]
    assert len({digest_of(graph, (1.0,), (0.0,), "data") for graph in graphs}) == 1


def test_an_unknown_class_is_told_before_the_training(tmp_path: Path) -> None:
    for line in ('validate top1 f1 of "cat" every epoch', "stop when recall of 10 above 0.5"):
        with pytest.raises(LenetError) as error:
            train(tmp_path, line)
        assert "there is no class" in error.value.title
        assert error.value.detail == "The 10 classes are 0, 1, 2, 3, 4, 5, 6, 7, 8, 9."
        assert not (tmp_path / "run" / "model.safetensors").exists()


@pytest.mark.parametrize("classes, fine", [(2, False), (3, False), (4, True)])
def test_top_n_needs_more_classes(classes: int, fine: bool) -> None:
    text = f"input 8\nlinear {classes}\ntrain\n  rate 0.1\n  validate top 3 every epoch\n"
    assert [d.code for d in check(text).diagnostics] == ([] if fine else ["E080"])


@pytest.mark.parametrize("table", [[[1.5]], [[-1]], ["text"], [[True]], {"a": 1}, [[2**63]]])
def test_a_table_that_is_none(table: Any) -> None:
    epoch = {"epoch": 1, "iteration": 1, "validation": {"confusion": table}}
    with pytest.raises(Damaged):
        history_of({"history": json.dumps([epoch])})
    epoch["validation"] = {"confusion": [[1, 0], [2, 3]]}
    assert history_of({"history": json.dumps([epoch])}) == (epoch,)
