"""`lenet train`, `evaluate` and `predict` as a user meets them: output, files, exit codes."""

import csv
import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

import lenet
from lenet.cli import app
from lenet.dsl.metrics import METRICS, named
from lenet.runtime.data.dataset import Images
from lenet.runtime.datasets import load_dataset
from lenet.runtime.events import EpochDone
from lenet.runtime.metrics import all_metrics
from lenet.terminal.progress import epoch_line

SPEC = """\
let filters = 4
input 1x8x8
conv filters x 3 x 3
relu
maxpool 2
reshape filters*3*3
linear 10
logsoftmax

data digits
  normalize

train
  loss nll
  optimizer sgd momentum 0.9
  rate 0.1
  batch 64
  stop after 2 epochs
  log loss every iteration
"""
EPOCH_KEYS = [
    "event", "epoch", "iteration", "loss", "rate", "images_per_second", "seconds", "validation",
]  # fmt: skip


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def train(spec: Path, *arguments: object) -> Result:
    return run("train", spec, "--engine", "local", *arguments)


def fails(result: Result, *expected: str, code: int = 1) -> None:
    """The message is on standard error, and nothing else anywhere."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    for text in expected:
        assert text in result.stderr


def write_idx(path: Path, array: np.ndarray) -> Path:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    path.write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())
    return path


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.lenet"
    path.write_text(SPEC)
    return path


@pytest.fixture(scope="module")
def piped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, "subprocess.CompletedProcess"]:
    """A run in a process of its own, its output in pipes."""
    folder = tmp_path_factory.mktemp("train")
    (folder / "tiny.lenet").write_text(SPEC)
    command = [sys.executable, "-m", "lenet", "train", "tiny.lenet", "--engine", "local"]
    if not (Path(lenet.__file__).parent / "__main__.py").exists():
        command[1:3] = ["-c", "from lenet.cli import main; main()"]
    process = subprocess.run(
        [*command, "-o", "run"], cwd=folder, capture_output=True, text=True, check=True
    )
    return folder / "run", process


@pytest.fixture
def model(piped: tuple[Path, Any]) -> Path:
    return piped[0] / "model.safetensors"


@pytest.fixture(scope="module")
def digits() -> Images:
    """The digits' test images."""
    test = load_dataset("digits").test
    assert test is not None
    return test


@pytest.fixture
def pictures(tmp_path: Path, digits: Images) -> Path:
    """Twenty digits as a user would save them: black to white, half PNG, half JPEG."""
    folder = tmp_path / "pictures"
    (folder / "deeper").mkdir(parents=True)
    for k in range(20):
        picture = Image.fromarray(np.round(digits.pixels[k, 0] * (255 / 16)).astype(np.uint8))
        if k % 2:
            picture.save(folder / "deeper" / f"{k:02}.JPEG", quality=95)
        else:
            picture.convert("RGB").save(folder / f"{k:02}.png")
    (folder / "notes.txt").write_text("not a picture")
    return folder


# train


def test_a_pipe_gets_plain_lines(piped: tuple[Path, Any]) -> None:
    _, process = piped
    for text in (process.stdout, process.stderr):
        assert "\x1b" not in text and "\r" not in text
        assert all(line == line.rstrip() for line in text.splitlines())
    first, data, facts, kernels, *epochs = process.stderr.splitlines()
    assert first == "tiny.lenet: 410 parameters"
    assert data == "digits: 1,437 images to train with, 360 to validate"
    assert facts == "        10 classes of 133 to 149 images, values 0 to 1, mean 0.3051"
    assert all(len(line) < 80 for line in process.stderr.splitlines())
    assert kernels.startswith("kernels ")
    assert [line.split()[:2] for line in epochs] == [["epoch", "1"], ["epoch", "2"]]
    assert "loss" in epochs[0] and "val top1" in epochs[0]
    names = [line.split()[0] for line in process.stdout.splitlines()]
    assert names == ["best", "last", "model", "report", "digest", "next", "tensorboard"]
    assert "model    run/model.safetensors" in process.stdout


def test_the_runs_folder(piped: tuple[Path, Any]) -> None:
    folder, process = piped
    names = sorted(path.name for path in folder.iterdir())
    ours = ["best.safetensors", "checkpoints", "history.jsonl", "model-card.md",
            "model.safetensors", "report.html", "run.json", "tensorboard"]  # fmt: skip
    assert names == ours
    model = lenet.open(folder / "model.safetensors")
    assert model.digest[:16] in process.stdout
    assert model.history[-1]["validation"]["top1"] > 0.8
    best = max(epoch["validation"]["top1"] for epoch in model.history)
    assert f"best     top1 {best:.2%} in epoch" in process.stdout


def test_lines_of_epochs_are_aligned() -> None:
    event = EpochDone(1, 96, 1.5, 0.5, 0.1, 1000.0, 1.0, {"top1": 0.5, "loss": 0.25})
    first = epoch_line(event)
    better = {"top1": 1.0, "images_per_second": 123456.0, "epoch": 22}
    second = epoch_line(replace(event, **better, validation={"top1": 1.0, "loss": 0.25}))
    assert first == (
        "epoch   1  loss 1.5000  top1  50.00%  val top1  50.00%  loss 0.2500    1,000/s"
    )
    assert len(first) == len(second) == 78 and first.index("/s") == second.index("/s")
    assert "val" not in epoch_line(replace(event, validation={}))


def test_no_line_of_an_epoch_wraps() -> None:
    """Whatever is measured, and however large it is."""
    validation = {"top1": 1.0, "top5": 1.0, "loss": float("inf")}
    event = EpochDone(12345, 1, 1.5e12, 1.0, 0.1, 123456789.0, 1.0, validation)
    lines = epoch_line(event).splitlines()
    assert len(lines) == 2 and all(len(line) < 80 for line in lines)
    assert lines[1].startswith(" " * 11)


def test_json_events(spec: Path, tmp_path: Path, model: Path) -> None:
    result = train(spec, "-o", tmp_path / "run", "--json")
    assert result.exit_code == 0
    data, first, second, done = (json.loads(line) for line in result.stdout.splitlines())
    assert data["event"] == "data" and data["rows"] == 1437 and data["held_out"] == 360
    assert data["classes"]["3"] == 148 and sum(data["held_out_classes"].values()) == 360
    assert (data["least"], data["most"], data["constant"]) == (0, 1, 0)
    for number, event in enumerate((first, second), start=1):
        assert list(event) == EPOCH_KEYS
        assert event["event"] == "epoch"
        assert (event["epoch"], event["iteration"]) == (number, 23 * number)
        assert set(event["validation"]) == {"top1", "loss"}
        assert event["rate"] == 0.1 and event["loss"] > 0 and event["seconds"] > 0
    assert list(done) == ["event", "model", "digest", "seconds", "metrics", "report"]
    assert done["event"] == "done"
    assert done["model"] == str(tmp_path / "run" / "model.safetensors")
    # The seed is the same, so the weights are those of the other run.
    assert done["digest"] == lenet.open(done["model"]).digest == lenet.open(model).digest
    assert done["metrics"] == second["validation"]
    assert done["seconds"] >= first["seconds"] + second["seconds"]


def test_an_existing_run_is_not_overwritten(spec: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    assert train(spec, "-o", folder, "--epochs", 1).exit_code == 0
    before = (folder / "model.safetensors").read_bytes()
    refused = train(spec, "-o", folder)
    fails(refused, f"there is a run in {folder} already", f"lenet train --resume {folder}")
    assert refused.stderr.index("--resume") < refused.stderr.index("--force")
    assert (folder / "model.safetensors").read_bytes() == before
    assert train(spec, "-o", folder, "--force").exit_code == 0
    assert len(lenet.open(folder / "model.safetensors").history) == 2
    assert len(list((folder / "tensorboard").iterdir())) == 1
    assert (folder / "notes.txt").read_text() == "mine"


def test_force_keeps_the_old_run_until_the_new_one_can_begin(spec: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert train(spec, "-o", folder, "--epochs", 1).exit_code == 0
    spec.write_text(SPEC.replace("data digits", 'data idx "nowhere"'))
    fails(train(spec, "-o", folder, "--force"), "Cannot read the directory")
    assert lenet.open(folder / "model.safetensors").history


def test_without_a_folder_each_run_gets_its_own(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert train(spec, "--epochs", 1).exit_code == 0
    folders = sorted((tmp_path / "runs").iterdir())
    assert len(folders) == 2
    assert all(folder.name.startswith("tiny-2") for folder in folders)


def test_epochs_and_set(spec: Path, tmp_path: Path) -> None:
    result = train(
        spec, "-o", tmp_path / "run", "--epochs", 1, "--set", "filters=3", "--threads", 1
    )
    assert result.exit_code == 0
    model = lenet.open(tmp_path / "run" / "model.safetensors")
    assert len(model.history) == 1
    assert model.tensors["conv1.weight"].shape == (3, 1, 3, 3)
    assert model.settings == {"filters": 3}
    assert run("evaluate", tmp_path / "run" / "model.safetensors").exit_code == 0


@pytest.mark.parametrize(
    "options, message",
    [
        (("--engine", "flink"), "there is no engine 'flink'"),
        (("--threads", "2"), "write --master local[N]"),
        (("--master", "local[1]", "--engine", "local"), "--master is for Spark"),
        (("--epochs", "0"), "--epochs"),
        (("--epochs", "two"), "'--epochs'"),
        (("--set", "filters"), "NAME=VALUE"),
        (("--colour", "red"), "No such option"),
    ],
)
def test_wrong_usage(spec: Path, options: tuple[str, ...], message: str) -> None:
    fails(run("train", spec, *options), message, code=2)


def test_mistakes_in_the_spec(spec: Path, tmp_path: Path) -> None:
    spec.write_text(SPEC.replace("relu", "rellu").replace("batch", "bach"))
    result = train(spec, "-o", tmp_path / "run")
    fails(result, "there is no layer called `rellu`", f"{spec}:4:1", f"{spec} has 2 errors")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("value, message", [("x", "x is not a number"), ("0", "filters")])
def test_wrong_settings(spec: Path, value: str, message: str) -> None:
    fails(train(spec, "--set", f"filters={value}"), message)


def test_unknown_settings(spec: Path) -> None:
    fails(train(spec, "--set", "filter=3"), "filter", "no such constant")


def test_specs_that_cannot_be_trained(spec: Path, tmp_path: Path) -> None:
    net, sections = SPEC.split("\n\n", 1)
    spec.write_text(net)
    fails(train(spec, "-o", tmp_path / "run"), "does not say what to train on", "data mnist")
    spec.write_text(net + "\n\n" + sections.split("\n\n")[0])
    result = train(spec, "-o", tmp_path / "run")
    assert result.exit_code == 1 and result.stdout == ""
    assert "does not say how to train" in result.stderr and "rate 0.1" in result.stderr


def test_files_that_are_missing(spec: Path, tmp_path: Path) -> None:
    fails(train(tmp_path / "nothing.lenet"), "cannot read", "nothing.lenet", "No such file")
    spec.write_text(SPEC.replace("data digits", 'data idx "nowhere"'))
    fails(train(spec, "-o", tmp_path / "run"), "Cannot read the directory", "nowhere")


def test_folders_that_cannot_be_written(spec: Path) -> None:
    fails(train(spec, "-o", spec), "is a file, not a folder")
    result = train(spec, "-o", spec / "run")
    assert result.exit_code == 1 and result.stdout == ""
    assert "cannot write the run's records into" in result.stderr


# evaluate


def test_evaluate(model: Path) -> None:
    result = run("evaluate", model)
    assert result.exit_code == 0 and result.stderr == ""
    first, *lines = result.stdout.splitlines()
    assert first == "360 images of digits"
    fitting = [use for use in all_metrics() if "class" in METRICS[use.name].answers]
    numbers = [named(use) for use in fitting if not METRICS[use.name].table]
    assert [line.split()[0] for line in lines[: len(numbers)]] == numbers
    assert [line.split()[0] for line in lines[len(numbers) + 2 :][:10]] == list("0123456789")
    assert lines[-11].split() == ["class", *"0123456789"]
    assert max(map(len, lines)) <= 80


def test_evaluate_for_programs(model: Path) -> None:
    result = run("evaluate", model, "--json")
    assert result.exit_code == 0
    metrics = json.loads(result.stdout)
    fitting = [use for use in all_metrics() if "class" in METRICS[use.name].answers]
    tables = [named(use) for use in fitting if METRICS[use.name].table]
    numbers = [name for name in map(named, fitting) if name not in tables]
    assert list(metrics) == ["count", *numbers, "classes", *tables]
    validation = lenet.open(model).history[-1]["validation"]
    assert metrics["count"] == 360
    assert {name: metrics[name] for name in validation} == pytest.approx(validation)
    keys = ["label", "count", "f1", "precision", "recall", "taken_for", "taken_for_count"]
    assert [list(row) for row in metrics["classes"]] == [keys] * 10
    assert [sum(row) for row in metrics["confusion"]] == [c["count"] for c in metrics["classes"]]


def test_evaluate_what_is_no_model(tmp_path: Path, model: Path) -> None:
    fails(run("evaluate", tmp_path / "nothing"), "there is no file", "lenet train")
    fails(run("evaluate", tmp_path), "is a folder, not a model")
    (tmp_path / "cut").write_bytes(model.read_bytes()[:-100])
    fails(run("evaluate", tmp_path / "cut"), "cut is not a readable model", "cut short")
    fails(run("evaluate"), "Missing argument", code=2)


# predict


def test_predict_pictures(model: Path, pictures: Path, digits: Images) -> None:
    result = run("predict", model, pictures)
    assert result.exit_code == 0 and result.stderr == ""
    lines = [line.split("  ") for line in result.stdout.splitlines()]
    names = [Path(name).relative_to(pictures).as_posix() for name, _, _ in lines]
    even, odd = range(0, 20, 2), range(1, 20, 2)
    assert names == [f"{k:02}.png" for k in even] + [f"deeper/{k:02}.JPEG" for k in odd]
    labels = digits.labels[[*even, *odd]]
    assert np.mean([int(label) for _, label, _ in lines] == labels) >= 0.8
    assert all(probability.endswith("%") for _, _, probability in lines)


def test_a_pictures_white_is_the_datas_greatest_value(
    model: Path, pictures: Path, digits: Images
) -> None:
    """White is byte 255 in a picture and byte 16 in the digits: both stand for 1."""
    result = run("predict", model, pictures / "04.png", "--json")
    row = json.loads(result.stdout)
    expected = lenet.open(model).predict(digits.pixels[4]).probabilities[0]
    np.testing.assert_allclose(row["probabilities"], expected, atol=0.02)


def test_predict_for_programs(model: Path, pictures: Path) -> None:
    inputs = (pictures / "00.png", pictures / "deeper" / "01.JPEG")
    result = run("predict", model, *inputs, "--json")
    assert result.exit_code == 0
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["input"] for row in rows] == [str(path) for path in inputs]
    for row in rows:
        assert list(row) == ["input", "class", "label", "probability", "probabilities"]
        assert len(row["probabilities"]) == 10
        assert sum(row["probabilities"]) == pytest.approx(1, abs=1e-5)
        assert row["probability"] == max(row["probabilities"])
        assert row["probabilities"].index(row["probability"]) == row["class"]
        assert row["label"] == str(row["class"])


def test_predict_comma_separated_values(model: Path, pictures: Path, tmp_path: Path) -> None:
    odd = tmp_path / 'a, "b" ü.png'
    odd.write_bytes((pictures / "00.png").read_bytes())
    result = run("predict", model, odd, pictures / "02.png", "--csv")
    assert result.exit_code == 0
    header, first, second = csv.reader(io.StringIO(result.stdout))
    assert header == ["input", "class", "label", "probability"]
    assert first[0] == str(odd) and second[0] == str(pictures / "02.png")
    assert first[1] == first[2] and 0 < float(first[3]) <= 1


def test_predict_an_idx_file_among_pictures(
    model: Path, pictures: Path, tmp_path: Path, digits: Images
) -> None:
    idx = write_idx(tmp_path / "images", digits.pixels[:3, 0])
    inputs = (pictures / "00.png", idx, pictures / "02.png")
    rows = [json.loads(s) for s in run("predict", model, *inputs, "--json").stdout.splitlines()]
    assert [row["input"] for row in rows] == [
        str(inputs[0]), f"{idx}[0]", f"{idx}[1]", f"{idx}[2]", str(inputs[2]),
    ]  # fmt: skip
    expected = lenet.open(model).predict(digits.pixels[:3]).probabilities
    given = np.array([row["probabilities"] for row in rows[1:4]])
    np.testing.assert_allclose(given, expected, rtol=1e-6)


def test_predict_pictures_of_other_sizes(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    Image.new("L", (30, 20), 128).save(path)
    words = "large.png does not fit", "has 30x20 pixels; the net takes 8x8", "--resize"
    fails(run("predict", model, path), *words)
    result = run("predict", model, path, "--resize")
    assert result.exit_code == 0 and result.stdout.startswith(str(path))
    idx = write_idx(tmp_path / "images", np.zeros((3, 9, 8), np.uint8))
    result = run("predict", model, idx, "--resize")
    fails(result, "images does not fit the model", "It is 1x9x8")
    assert "--resize" not in result.stderr


def test_predict_16_bits(model: Path, tmp_path: Path, digits: Images) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray(digits.pixels[0, 0].astype(np.uint16) * 4095).save(path)
    row = json.loads(run("predict", model, path, "--json").stdout)
    expected = lenet.open(model).predict(digits.pixels[0]).probabilities[0]
    np.testing.assert_allclose(row["probabilities"], expected, atol=0.02)


def test_predict_inputs_that_cannot_be_read(model: Path, pictures: Path, tmp_path: Path) -> None:
    fails(run("predict", model, tmp_path / "nothing.png"), "there is no file", "nothing.png")
    cut = tmp_path / "cut.png"
    cut.write_bytes((pictures / "00.png").read_bytes()[:60])
    fails(run("predict", model, cut), "cut.png cannot be used", "no picture", "truncated")
    text = pictures / "notes.txt"
    fails(run("predict", model, text), "notes.txt cannot be used", "neither PNG nor JPEG")
    (tmp_path / "empty" / "folder.png").mkdir(parents=True)
    fails(run("predict", model, tmp_path / "empty"), "has no pictures", "I look for .png")
    idx = write_idx(tmp_path / "images", np.zeros((3, 8, 8), np.uint8))
    idx.write_bytes(idx.read_bytes()[:-1])
    fails(run("predict", model, idx), "cut short")
    labels = write_idx(tmp_path / "labels", np.zeros(3, np.uint8))
    fails(run("predict", model, labels), "is not a file of images")


def test_predict_a_picture_of_absurd_size(model: Path, tmp_path: Path) -> None:
    """Its header promises 65,535 x 65,535 pixels."""
    path = tmp_path / "bomb.bmp"
    Image.new("L", (8, 8)).save(path)
    data = bytearray(path.read_bytes())
    data[18:26] = (65535).to_bytes(4, "little") * 2
    path.write_bytes(data)
    fails(run("predict", model, path), "bomb.bmp cannot be used", "too many pixels")


def test_predict_wrong_usage(model: Path, pictures: Path) -> None:
    result = run("predict", model, pictures, "--csv", "--json")
    fails(result, "--json and --csv exclude each other", code=2)
    fails(run("predict", model), "Missing argument", code=2)
    fails(run("predict", pictures / "00.png", model), "00.png is not a readable model")
    spec = pictures / "some.lenet"
    spec.write_text("input 8\nlinear 3\n")
    why = "some.lenet says how to train a net, and is no model"
    fails(run("evaluate", spec), why, f"which `lenet train {spec}` makes")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--log", "xml"], "--log takes json"),
        (["--workers", "0"], "--workers"),
        (["--resume", "x", "-o", "y"], "in the run's own folder"),
    ],
)
def test_wrong_usage_of_the_newer_options(spec: Path, arguments: list[str], words: str) -> None:
    result = run("train", *([] if "--resume" in arguments else [spec]), *arguments)
    assert result.exit_code == 2 and words in result.stderr


def test_options_that_the_api_refuses(spec: Path) -> None:
    for options, words in (
        ({"workers": 0}, "workers is 0"), ({"timeout": 0}, "timeout is 0"),
        ({"all_reduce": "tree"}, "no all_reduce 'tree'"), ({"resume": True}, "no run to go on"),
    ):  # fmt: skip
        with pytest.raises(lenet.LenetError, match=words):
            lenet.train(spec, engine="local", **options)
