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
