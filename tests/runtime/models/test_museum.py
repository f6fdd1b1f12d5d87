"""Files of old versions, which every later one must read: see CONTRIBUTING.md, Versions.

A folder a version: a spec, the model that it trained, the folder of a run that was stopped, and the
classes that the model predicted for the first test images of the digits. Nothing in them is ever
changed.
"""

import json
import shutil
from pathlib import Path

import pytest

import lenet
from lenet.dsl.check import check_graph
from lenet.runtime.training.job import digest_of

MUSEUM = Path(__file__).parent / "museum"
each = pytest.mark.parametrize("version", sorted(path.name for path in MUSEUM.iterdir()))


@each
def test_a_spec_is_sound(version: str) -> None:
    path = MUSEUM / version / "net.lenet"
    graph = check_graph(path.read_text(), str(path))
    assert graph.train is not None and graph.data is not None and graph.augment is not None


@each
def test_a_model_predicts_what_it_did(version: str) -> None:
    model = lenet.open(MUSEUM / version / "model.safetensors")
    expected = json.loads((MUSEUM / version / "expected.json").read_text())
    digits = lenet.datasets.load("digits")
    found = model.predict(digits.test.pixels[: len(expected["classes"])])
    assert [str(name) for name in found.classes] == expected["classes"]
    assert found.probabilities.max(axis=1) == pytest.approx(expected["probabilities"], rel=1e-4)
    assert model.digest == expected["digest"] and model.history[-1]["epoch"] == 3


@each
def test_a_run_goes_on(version: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(MUSEUM / version / "run", folder)
    spec = MUSEUM / version / "net.lenet"
    model = lenet.train(spec, engine="local", output=folder, resume=True, progress=False)
    assert [epoch["epoch"] for epoch in model.history] == [1, 2, 3]


IDENTITIES = {  # as version 0.1.0 told runs from each other
    "8aa2cd93b04279ae": "  rate 0.1 decay 0.01\n  loss nll\n"
    "  optimizer sgd momentum 0.9 nesterov\n",
    "debb1dea683f13df": "  rate 0.1\n",
}
NET = "input 1x8x8\nflatten\nlinear 10\nlogsoftmax\ndata digits\ntrain\n"


@pytest.mark.parametrize("identity", IDENTITIES)
def test_words_that_are_new_change_no_older_run(identity: str) -> None:
    graph = check_graph(NET + IDENTITIES[identity], "x")
    assert digest_of(graph, (1.0,), (0.0,), "data").startswith(identity)


def test_a_decay_that_means_something_else_is_another_training() -> None:
    """Adam's was decoupled in version 0.1.0."""
    text = NET.replace("train\n", "augment\n  shift 2\ntrain\n  rate 0.1 cosine\n")
    graph = check_graph(f"{text}  optimizer adam weight_decay 0.1\n", "x")
    assert not digest_of(graph, (1.0,), (0.0,), "data").startswith("f9906a807d0352a1")
