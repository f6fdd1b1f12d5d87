"""`lenet bench`, on a small net: what it prints, and that its numbers can be so."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lenet.cli import app
from lenet.commands.bench import _text
from lenet.compiler.simd.peak import measure_peak

SPEC = (
    "input 2x8x8\nlet n = 4\nconv n x 3x3\ntanh\nmaxpool 2\nreshape n*3*3\nlinear 3\nlogsoftmax\n"
)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lenet.runtime.timing.SECONDS", 0.05)


def test_a_net_that_can_be_trained(tmp_path: Path, quick: None) -> None:
    spec = tmp_path / "net.lenet"
    spec.write_text(SPEC)
    arguments = ["bench", str(spec), "--json", "--batch", "64", "--threads", "1", "--set", "n=5"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["machine"]["fma_gflops"] > 0.1 and found["machine"]["threads"] == 1
    assert found["compile"]["cold_seconds"] > found["compile"]["cached_seconds"] > 0
    train, predict, memory = found["train"], found["predict"], found["memory"]
    assert train["batch"] == 64 and train["images_per_second"] > 100
    assert 0 < train["share_of_peak"] < 1.5 and predict["images_per_second"] > 100
    assert 1 < predict["one_image_microseconds"] < 1e5
    by_name = {kernel["name"]: kernel for kernel in train["kernels"]}
    assert by_name["conv1_forward"]["lines"] == [3, 4, 5]
    assert by_name["conv1_forward"]["gflops"] > 0 and by_name["loss"]["gflops"] == 0
    assert all(kernel["seconds"] >= 0 for kernel in train["kernels"])
    names = {kernel["name"] for kernel in predict["kernels"]}
    assert {"conv1_forward", "linear1_forward", "unpack"} <= names
    assert 0.5 < memory["peak_bytes"] / memory["planned_bytes"] < 2
    text = _text("net.lenet", found)
    assert "conv1_gradient" in text and "images/s" in text and "from the cache" in text
    assert "one by one" not in text
    predict["one_by_one"] = True  # as of large maps, which other functions predict
    assert _text("net.lenet", found).endswith("the net predicts its images one by one.\n")


@pytest.mark.large
def test_a_net_without_a_loss_is_only_predicted(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = {"cold_seconds": 2.0, "cached_seconds": 1.0}  # they are measured above
    monkeypatch.setattr("lenet.runtime.bench._compile_times", lambda arguments: times)
    spec = tmp_path / "net.lenet"
    spec.write_text("input 4\nlinear 3\nsoftmax\n")
    arguments = ["bench", str(spec), "--json", "--threads", "1", "--int8"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert "train" not in found and found["predict"]["images_per_second"] > 0
    int8 = found["int8"]
    assert int8["images_per_second"] > 0 and int8["one_image_microseconds"] > 1
    by_name = {kernel["name"]: kernel for kernel in int8["kernels"]}
    assert by_name["linear1_predicted_forward"]["gflops"] > 0
    text = _text("net.lenet", found)
    assert "train" not in text.split("compile")[0] and "\nint8      " in text


def test_a_mistake_in_the_net_is_a_message(tmp_path: Path) -> None:
    spec = tmp_path / "net.lenet"
    spec.write_text("input 4\ndense 3\n")
    done = CliRunner().invoke(app, ["bench", str(spec)])
    assert done.exit_code == 1 and "linear" in done.stderr


@pytest.mark.parametrize("cores", [1, 2])
def test_the_peak_is_a_number(cores: int) -> None:
    """How large depends on what else the machine does."""
    assert 1e8 < measure_peak(cores) < 1e13
