"""The model card of a run: a head that programs can read, and nothing that nobody knows."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import lenet
from lenet.pages.card import Carded, card_text
from lenet.reported import Reported
from lenet.runtime.events import DataCounted, Warned

TEXT = """\
input 1x8x8
reshape 64
linear 10
logsoftmax
data digits
train
  loss nll
  rate 0.1
  batch 128
  stop after 3 epochs
  validate top1 loss confusion every epoch
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("card") / "run"
    return folder, lenet.train(TEXT, engine="local", output=folder)


def head_of(card: str) -> dict[str, Any]:
    _, head, _ = card.split("---\n", 2)
    found: dict[str, Any] = yaml.safe_load(head)
    return found


def test_it_lies_beside_the_model(run: tuple[Path, Any]) -> None:
    folder, model = run
    card = (folder / "model-card.md").read_text()
    head = head_of(card)
    assert head["pipeline_tag"] == "image-classification" and head["datasets"] == ["digits"]
    (result,) = head["model-index"][0]["results"]
    measured = {each["type"]: each["value"] for each in result["metrics"]}
    last = model.history[-1]["validation"]
    assert measured == {name: last[name] for name in ("top1", "loss")}, "no table among them"
    assert model.digest in card and TEXT.rstrip() in card
    assert "1,437 images to train with, 360 held out" in card
    assert str(folder) not in card, "where it lay concerns nobody"
    most = np.bincount(lenet.datasets.load("digits").train.labels).argmax()
    share = (lenet.datasets.load("digits").test.labels == most).mean()
    assert f"| top1 | {last['top1']:.2%} | {share:.2%} |" in card


def test_without_a_report_there_is_one_too(tmp_path: Path) -> None:
    lenet.train(TEXT, engine="local", output=tmp_path / "run", report=False)
    assert (tmp_path / "run" / "model-card.md").exists()
    assert not (tmp_path / "run" / "report.html").exists()


def test_limits_follow_from_the_run(run: tuple[Path, Any]) -> None:
    _, model = run
    counted = DataCounted(
        "<x>", 100, 10, {"a": 90, "b|": 10}, {"a": 9, "b|": 1}, 0.0, 1.0, 0.5, 0, 3
    )
    names = ("a", "b|", *map(str, range(8)))
    odd = replace(model, classes=names, name="x\n# y")
    card = card_text(Carded(Reported("x", odd, model.history), counted, (Warned("it *diverged*"),)))
    assert "- Of the class b\\| it has seen 10 images only." in card
    assert "- The run warned: it \\*diverged\\*." in card
    assert "| metric | the model | always a |" in card and "| 90.00% |" in card
    assert "3 pictures could not be read" in card
    assert head_of(card)["model_name"] == "x\n# y" and "\n# y" not in card.split("---\n", 2)[2]


def test_what_is_not_known_is_not_told(run: tuple[Path, Any]) -> None:
    _, model = run
    card = card_text(Carded(Reported("x", replace(model, history=()), ()), None))
    assert "nothing is known of how good it is" in card
    assert "metrics" not in head_of(card) and "lenet train" not in card
    assert "license" not in card
