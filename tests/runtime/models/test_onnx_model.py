"""A model's ONNX file: from the values of the data to what `predict` says, in ONNX Runtime.

The layers are the reference's here, so that nothing is compiled; tests/runtime/models/test_model.py
and tests/runtime/test_answers.py compare trained models, with their kernels.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from onnx_nets import likely_tensors, run
from typer.testing import CliRunner

import lenet
from lenet.cli import app
from lenet.compiler.losses.code import given_by
from lenet.compiler.onnx.shared import net as onnx_layers
from lenet.compiler.passes.end_in_probabilities import end_in_probabilities
from lenet.dsl.check import check_graph
from lenet.dsl.shapes import product
from lenet.runtime.models import onnx_file
from lenet.runtime.models.model import Model
from lenet.runtime.models.onnx_file import onnx_bytes
from lenet.runtime.models.onnx_tensors import onnx_tensors
from lenet.runtime.records.observed import Observed
from nets import reference_net, spec_of

TRAIN = "train; .loss {}; .rate 0.1"
PREDICT = "data frame; .predict "
# By what is tried: the net, and the type of its data.
NETS = {
    "scores": ("input 3x5x6; conv 4x2x2; relu; flatten; linear 3", np.uint8),
    "log-probabilities": ("input 7; linear 4; logsoftmax", np.float32),
    "probabilities": ("input 2x3x4; flatten; linear 4; softmax", np.float32),
    "margins": (f"input 7; linear 4; {TRAIN.format('hinge')}", np.float32),
    "padded images": ("input 3x8x9; flatten; linear 3; data frame; .pad 2x1", np.uint8),
    "numbers": (f"input 6; linear 3; {PREDICT}a b c", np.float32),
    "a logarithm": (f"input 6; linear 1; {PREDICT}log price", np.float32),
    "the logarithm of quantiles": (
        f"input 6; linear 2; {PREDICT}log price; {TRAIN.format('quantile 0.1 0.9')}", np.float32),
    "quantiles": (f"input 6; linear 6; {PREDICT}a b; {TRAIN.format('quantile 0.1 0.5 0.9')}",
                  np.float32),
    "counts": (f"input 6; linear 2; {PREDICT}a b; {TRAIN.format('poisson')}", np.float32),
    "shares": (f"input 6; linear 3; logsoftmax; {TRAIN.format('kl')}", np.float32),
    "directions": (f"input 6; linear 3; {TRAIN.format('cosine')}", np.float32),
    "yes or no": (f"input 6; linear 2; {PREDICT}any of a b", np.float32),
    "masks": (f"input 1x6x8; conv 1x3x3 pad 1; {TRAIN.format('bce')}", np.uint8),
    "places": (f"input 1x6x8; conv 3x3x3 pad 1; {TRAIN.format('crossentropy')}", np.uint8),
    "images": (f"input 1x6x8; conv 2x3x3 pad 1; {TRAIN.format('mse')}", np.uint8),
}  # fmt: skip


class Layers:
    """The reference in the place of kernels."""

    def __init__(self, model: Model) -> None:
        self.graph, self.tensors = model.graph, dict(model.tensors)
        if model.unit is None:
            self.graph = end_in_probabilities(model.graph)
        outputs = SimpleNamespace(logarithmic=given_by(self.graph) == "log-probabilities")
        self.loaded = SimpleNamespace(program=SimpleNamespace(outputs=outputs))

    def outputs(self, pixels: np.ndarray, normalization, in_blocks: bool = False) -> np.ndarray:
        values = pixels.reshape(len(pixels), normalization.scale.size, -1).astype(np.float64)
        values = values * normalization.scale[:, None] + normalization.shift[:, None]
        net = reference_net(self.graph, self.tensors, running=True)
        outputs = net.forward(values.reshape(-1, *self.graph.input))
        return outputs.reshape(len(pixels), -1).astype(np.float32)


def model_of(chain: str, kind: type) -> Model:
    """With random weights, normalization and moments of the answers."""
    graph, random = check_graph(spec_of(chain), "t"), np.random.default_rng(3)
    channels = graph.input[0] if len(graph.input) == 3 else 1
    mean, deviation = random.uniform(0.2, 0.6, channels), random.uniform(0.2, 0.5, channels)
    names = tuple(f"class {k}" for k in range(product(graph.output)))
    answers = None
    if graph.answers != "class":
        count = product(graph.output) // (chain.count("0.") - 1 if "quantile" in chain else 1)
        names = names[:count]
        answers = tuple(random.normal(1, 1, count)), tuple(random.uniform(0.5, 2, count))
    scale = 1 / 255 if kind is np.uint8 else 1.0
    model = Model(
        spec_of(chain), likely_tensors(graph), names, scale, tuple(mean), tuple(deviation),
        answers=answers,
    )  # fmt: skip
    model.__dict__["predictor"] = Layers(model)
    return model


@pytest.mark.parametrize("name", NETS)
def test_what_predict_says(name: str) -> None:
    chain, kind = NETS[name]
    model, random = model_of(chain, kind), np.random.default_rng(4)
    shape = model.image_shape if len(model.graph.input) == 3 else model.graph.input
    given = random.uniform(0, 255 if kind is np.uint8 else 1, (5, *shape)).astype(kind)
    said = model.predict(given)
    told = isinstance(said, lenet.Prediction) or said.answers == "places"
    expected = said.probabilities if told else said.values
    file = onnx_bytes(model)
    onnx.checker.check_model(file, full_check=True)
    found = run(file, given)
    assert found.shape == (5, *model.graph.output)
    found = found.reshape(expected.shape)
    assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()
    for count in (0, 1):
        assert len(run(file, given[:count])) == count


def test_what_the_file_tells_of_itself() -> None:
    chain, kind = NETS["quantiles"]
    model = replace(model_of(chain, kind), observed=Observed((1, 1, 6), -1.5, 4.0), name="net")
    file = onnx.load_from_string(onnx_bytes(model))
    facts = {entry.key: entry.value for entry in file.metadata_props}
    assert facts["format"] == "lenet-1" and facts["spec"] == model.source
    assert facts["name"] == "net" and facts["digest"] == model.digest
    assert json.loads(facts["classes"]) == ["class 0", "class 1"]
    assert json.loads(facts["outputs"])[:2] == ["class 0 0.1", "class 0 0.5"]
    (given,), (found,) = file.graph.input, file.graph.output
    assert (given.name, found.name) == ("rows", "answers")
    assert given.doc_string == "values as the training data have them, which are -1.5 to 4"
    weights = {t.name: onnx.numpy_helper.to_array(t) for t in file.graph.initializer}
    for name, tensor in model.tensors.items():
        np.testing.assert_array_equal(weights[name], tensor)


def test_layers_that_onnx_has_no_words_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them are named at once, with their lines."""
    known, missing = onnx_layers.written_by, ("softsign", "softplus")
    monkeypatch.setattr(
        onnx_layers, "written_by", lambda kind: None if kind in missing else known(kind)
    )
    model = model_of("input 7; softsign; linear 4; softplus # a comment; linear 4", np.float32)
    with pytest.raises(lenet.LenetError) as error:
        onnx_bytes(model)
    assert str(error.value) == (
        "ONNX has no words for some layers of the net\nline 2: softsign\nline 4: softplus"
    )


def test_a_net_beyond_two_gibibytes(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(*NETS["numbers"])
    monkeypatch.setattr(onnx_file, "_MOST", 83)
    with pytest.raises(lenet.LenetError, match="too large for an ONNX file") as error:
        onnx_bytes(model)
    assert "Its tensors have 84 bytes" in str(error.value)
    monkeypatch.setattr(onnx_file, "_MOST", 84)
    assert onnx_bytes(model)


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In the working folder."""
    monkeypatch.chdir(tmp_path)
    model_of(*NETS["numbers"]).save("model.safetensors")
    return Path("model.safetensors")


def test_the_command(saved: Path) -> None:
    runner = CliRunner()
    for more, path in ((), "model.onnx"), (("-o", "new/NET.ONNX"), "new/NET.ONNX"):
        for _ in range(2):  # what is there is written anew
            done = runner.invoke(app, ["export", str(saved), *more])
            assert (done.exit_code, done.output) == (0, f"wrote {path}\n")
        assert Path(path).read_bytes() == onnx_bytes(lenet.open(saved))


def test_the_command_used_wrongly(saved: Path) -> None:
    runner = CliRunner()
    Path("folder.onnx").mkdir()
    for arguments, code, said in (
        (["-o", "net.pb"], 2, "name a file that ends in .onnx, not net.pb"),
        (["-o", "."], 2, "name a file that ends in .onnx"),
        (["-o", ""], 2, "name a file that ends in .onnx"),
        (["-o", "folder.onnx"], 1, "cannot write folder.onnx"),
        (["-o", "model.safetensors/net.onnx"], 1, "cannot write model.safetensors/net.onnx"),
    ):
        done = runner.invoke(app, ["export", str(saved), *arguments])
        assert done.exit_code == code and said in done.output, done.output
    Path("some.onnx").write_bytes(onnx_bytes(lenet.open(saved)))
    for path, said in (
        ("nowhere", "there is no file nowhere"),
        ("some.onnx", "some.onnx is not a readable model"),
        (".", "is a folder, not a model"),
    ):
        done = runner.invoke(app, ["export", path])
        assert done.exit_code == 1 and said in done.output, done.output


def test_without_the_package(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    done = CliRunner().invoke(app, ["export", str(saved)])
    assert done.exit_code == 1 and not Path("model.onnx").exists()
    assert "an ONNX file needs the package onnx" in done.output
    assert "fix: pip install 'lenet[onnx]'" in done.output
    with pytest.raises(lenet.LenetError, match="an ONNX file needs the package onnx"):
        onnx_tensors(Path("net.onnx"))
