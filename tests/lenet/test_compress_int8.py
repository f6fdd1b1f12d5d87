"""`lenet compress --int8`, on a small net of random weights."""

import json
from pathlib import Path

import numpy as np
import pytest
from onnx_nets import likely_tensors
from typer.testing import CliRunner

import lenet
from lenet.cli import app
from lenet.dsl.check import check_graph
from lenet.runtime.models.model import Model

LAYERS = ("conv1", "linear1")
SPEC = "input 1x8x8\nconv 4x5x5\nbatchnorm\nrelu\nflatten\nlinear 10\nlogsoftmax\ndata digits\n"


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("lenet.runtime.compressing.measured._SECONDS", 0.0)
    graph = check_graph(SPEC, "t")
    names = tuple(map(str, range(10)))
    found = Model(SPEC, likely_tensors(graph), names, 1 / 16, (0.3,), (0.4,), name="net")
    path = tmp_path / "model.safetensors"
    found.save(path)
    return path


def invoked(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["compress", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_what_it_says_and_writes(model: Path, tmp_path: Path) -> None:
    text = invoked(str(model), "--int8")
    lines = text.splitlines()
    assert lines[:3] == [
        "calibrated with 1,024 training images of digits",
        "int8     conv1, linear1",
        "float32  layers without weights",
    ]
    assert max(map(len, lines[:-2])) <= 80 and "bytes of the file" in text
    small = lenet.open(tmp_path / "model-int8.safetensors")
    digits = lenet.datasets.load("digits").test
    large = Model.open(model)
    agreed = small.predict(digits.pixels).classes == large.predict(digits.pixels).classes
    assert set(small.quantized) == {"conv1", "linear1"} and agreed.mean() > 0.97
    again = large.as_int8(digits.pixels[:100])
    assert again.digest == small.digest  # the weights need no images
    assert again.quantized["linear1"].scale != small.quantized["linear1"].scale


def test_json_and_a_folder(model: Path, tmp_path: Path) -> None:
    to = tmp_path / "other" / "model-int8.safetensors"
    found = json.loads(invoked(str(model), "--int8", "--json", "-o", str(to.parent)))
    assert found["event"] == "done" and found["model"] == str(to)
    assert found["after"]["bytes"] == to.stat().st_size < found["before"]["bytes"]
    assert found["digest"] == lenet.open(to).digest
    assert np.isfinite(found["after"]["metrics"]["loss"])


def test_from_python_and_once_more(model: Path, tmp_path: Path) -> None:
    found = lenet.compress(model, int8=True, output=tmp_path / "p")
    assert found.after.bytes < found.before.bytes and set(found.model.quantized) == set(LAYERS)
    path = tmp_path / "p" / "model-int8.safetensors"
    assert lenet.open(path).digest == found.model.digest
    for arguments, said in (
        (("--int8",), "int8 weights already"),
        (("--prune", "0.5"), "comes last"),
    ):
        done = CliRunner().invoke(app, ["compress", str(path), *arguments])
        assert done.exit_code == 1 and said in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--int8", "--epochs", "3"), "--epochs is for a training"),
     (("--int8", "--each"), "--each is for a training")],
)  # fmt: skip
def test_wrong_usage(model: Path, arguments: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(app, ["compress", str(model), *arguments])
    assert done.exit_code == 2 and said in done.output
