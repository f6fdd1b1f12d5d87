"""`lenet import` of whole nets: the files that it writes, what it says, and what it refuses."""

from pathlib import Path

import numpy as np
import pytest
from onnx_graphs import Writer
from onnx_nets import likely_tensors, run
from typer.testing import CliRunner

import lenet
from lenet.cli import app
from lenet.runtime.models.model import Model

CFG = "[net]\nheight=4\nwidth=4\nchannels=1\nwiggle=1\nangle=3\n[convolutional]\nfilters=2\n" \
      "activation=relu\n[avgpool]\n[softmax]\n"  # fmt: skip
PROTOTXT = 'input: "data" input_dim: 1 input_dim: 1 input_dim: 4 input_dim: 4\n' \
           'layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" ' \
           "inner_product_param { num_output: 2 } }\n"  # fmt: skip


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ONNX file in the working folder."""
    monkeypatch.chdir(tmp_path)
    w = Writer(("n", 3, 8, 8))
    x = w.op("Relu", w.conv("input", "conv1", 3, 4, bias=True))
    x = w.op("Flatten", w.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2]))
    return w.save(Path("net.onnx"), w.op("Softmax", w.gemm(x, "score", 64, 3), axis=1))


def ran(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["import", *words])
    assert done.exit_code == code, done.output
    return done.output


def test_an_onnx_file(net: Path) -> None:
    """The model answers as the file does, with our kernels."""
    Path("names.txt").write_text("cat\ndog\nox\n")
    said = ran("net.onnx", "--classes", "names.txt")
    model = lenet.open("net.safetensors")
    assert said.splitlines() == [
        "net.onnx: 6 operations",
        "net      net.lenet: 307 parameters, 6 layers",
        "images   3x8x8, in which white is 1 there",
        "         nothing says how they were normalized: --mean, --deviation",
        "classes  cat to ox",
        "model    net.safetensors",
        f"digest   {model.digest[:16]}…",
        "next     lenet predict net.safetensors photo.jpg",
    ]
    assert Path("net.lenet").read_text() == model.source
    assert [" ".join(line.split()) for line in model.source.splitlines()] == [
        "# The net of net.onnx.", "", "input 3x8x8", "conv 4x3x3 pad 1", "relu",
        "maxpool 2 -> 4x4x4", "flatten -> 64", "linear 3 as score", "logsoftmax",
    ]  # fmt: skip
    images = np.random.default_rng(1).uniform(0, 1, (5, 3, 8, 8)).astype(np.float32)
    expected = run(net.read_bytes(), images)
    np.testing.assert_allclose(model.predict(images).probabilities, expected, rtol=1e-5)
    assert "net.lenet is there already" in ran("net.onnx", code=1)
    Path("net.lenet").unlink()
    assert "net.safetensors is there already" in ran("net.onnx", code=1)
    ran("net.onnx", "--force")
    ran("net.onnx", "-o", "new/other.lenet", "--mean", "0.5", "--deviation", "0.25")
    assert "normalize mean 0.5 0.5 0.5 deviation 0.25" in Path("new/other.lenet").read_text()


def test_our_own_file(net: Path) -> None:
    """With its sections and the files that its spec imports, where they do not lie there yet."""
    Path("blocks").mkdir()
    Path("blocks/own.lenet").write_text("block own(width)\n  linear width\n  tanh\n")
    text = 'import "blocks/own.lenet"\ninput 6\nown 4\nlinear 3\ntrain\n  rate 0.1\n'
    Path("a.lenet").write_text(text)
    graph = lenet.load("a.lenet").graph
    model = Model(text, likely_tensors(graph), ("a", "b", "c"), 1.0, (0.5,), (2.0,),
                  imports=dict(graph.imports))  # fmt: skip
    model.to_onnx("a.onnx")
    said = ran("a.onnx", "-o", "new/a.lenet")
    assert "its spec and its sections are those of the model" in said
    assert Path("new/a.lenet").read_text() == text
    assert Path("new/blocks/own.lenet").read_text() == Path("blocks/own.lenet").read_text()
    assert lenet.open("new/a.safetensors").digest == model.digest
    Path("new/blocks/own.lenet").write_text("# another\n")
    Path("new/a.lenet").unlink()
    Path("new/a.safetensors").unlink()
    assert "own.lenet is there already" in ran("a.onnx", "-o", "new/a.lenet", code=1)


def test_nets_that_are_text(net: Path) -> None:
    Path("d.cfg").write_text(CFG)
    said = ran("d.cfg")
    assert "Darknet itself ignores: wiggle=1 (line 5)" in said
    assert "left out: angle=3 (line 6)" in said and "next     lenet shapes d.lenet" in said
    assert lenet.load("d.lenet").parameter_count == 4
    values = np.array([1, 2, 3, 4], "<f4").tobytes()
    Path("d.weights").write_bytes(np.array([0, 1, 0, 0], "<i4").tobytes() + values)
    said = ran("d.cfg", "--weights", "d.weights", "--force")
    assert "model    d.safetensors" in said
    assert lenet.open("d.safetensors").tensors["conv1.weight"].ravel().tolist() == [3, 4]
    Path("c.prototxt").write_text(PROTOTXT)
    ran("c.prototxt", "--input", "1x5x5")
    assert lenet.load("c.lenet").input == (1, 5, 5)


def test_wrong_usage(net: Path) -> None:
    for words, told in (
        (["net.onnx", "-o", "net.txt"], "name a file that ends in .lenet"),
        (["net.pt"], "--spec: name the .lenet file"),
        (["net.onnx", "--input", "3x"], "--input takes a shape"),
        (["net.onnx", "--mean", "0.5"], "--mean and --deviation go together"),
        (["net.onnx", "--mean", "x", "--deviation", "1"], "--mean takes numbers"),
        (["net.onnx", "--weights", "w"], "--weights goes with a net.cfg"),
    ):
        assert told in " ".join(ran(*words, code=2).replace("│", "").split())
    for words, told in (
        (["no.onnx"], "there is no file no.onnx"),
        (["no.cfg"], "there is no file no.cfg"),
        (["no.prototxt"], "there is no file no.prototxt"),
        (["."], "there is no file"),
        (["net.onnx", "--classes", "no.txt"], "cannot read no.txt"),
    ):
        if words != ["."]:
            assert told in ran(*words, code=1)
    assert not Path("net.lenet").exists()
