"""What a run writes into its folder: history.jsonl and TensorBoard's event files."""

import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import lenet
from lenet.dsl.lower.reader import Duration
from lenet.dsl.training.values import Train
from lenet.runtime.events import Compiled, IterationDone, Validated
from lenet.runtime.records.checkpoint import Checkpoints
from lenet.runtime.records.recorder import Recorder

SPEC = """\
input 1x8x8
conv 4x3x3 as conv
relu
maxpool 2
reshape 4*3*3
linear 10 as score
logsoftmax

data digits
  normalize

train
  loss nll
  rate 0.3 decay 0.01
  batch 128
  stop after 3 epochs
  validate top1 top5 loss every 2 epochs
  log loss every iteration
  log rate every 5 iterations
  log throughput every epoch
  log parameters every 10 iterations
"""
ITERATIONS = 36  # 3 epochs of 1,437 images
EPOCH_KEYS = {"epoch", "iteration", "loss", "rate", "images_per_second", "seconds", "validation"}
SIZES = {"conv.weight": 36, "conv.bias": 4, "score.weight": 360, "score.bias": 10}


def read_board(folder: Path) -> EventAccumulator:
    keep_all = {"scalars": 0, "histograms": 0, "compressedHistograms": 1}
    return EventAccumulator(str(folder / "tensorboard"), keep_all).Reload()


def read_history(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "history.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@dataclass
class Run:
    """A finished run: its folder, what `watch` saw, and what was on disk half-way."""

    folder: Path
    events: list[dict[str, Any]] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)

    def watch(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        if event["event"] == "iteration" and event["iteration"] == 15:
            self.seen["lines"] = len(read_history(self.folder))
            self.seen["losses"] = len(read_board(self.folder).Scalars("train/loss"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("recorder")
    spec = folder / "tiny.lenet"
    spec.write_text(SPEC)
    run = Run(folder / "run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lenet.runtime.records.recorder._FLUSH_SECONDS", 0.0)
        lenet.train(spec, engine="local", output=run.folder, watch=run.watch)
    return run


def test_the_folder(run: Run) -> None:
    names = sorted(path.name for path in run.folder.iterdir())
    ours = ["best.safetensors", "checkpoints", "history.jsonl", "model-card.md",
            "model.safetensors",
            "report.html", "run.json", "tensorboard"]  # fmt: skip
    assert names == ours
    (events,) = (run.folder / "tensorboard").iterdir()
    assert events.name.startswith("events.out.tfevents.")


def test_history_has_one_object_a_line(run: Run) -> None:
    history = read_history(run.folder)
    assert all(line["event"] in ("iteration", "epoch") for line in history)
    epochs = [line for line in history if line["event"] == "epoch"]
    iterations = [line for line in history if line["event"] == "iteration"]
    assert [(line["epoch"], line["iteration"]) for line in epochs] == [(1, 12), (2, 24), (3, 36)]
    assert all(line.keys() >= EPOCH_KEYS for line in epochs)
    assert [set(line["validation"]) for line in epochs] == [
        set(), {"top1", "top5", "loss"}, {"top1", "top5", "loss"},
    ]  # fmt: skip
    assert [line["iteration"] for line in iterations] == list(range(1, ITERATIONS + 1))
    assert [line["epoch"] for line in iterations] == [1] * 12 + [2] * 12 + [3] * 12
    assert [line["iteration"] for line in iterations if "rate" in line] == list(range(5, 36, 5))
    assert not any("images_per_second" in line for line in iterations)


def test_history_is_what_was_reported_and_what_the_model_keeps(run: Run) -> None:
    epochs = [line for line in read_history(run.folder) if line["event"] == "epoch"]
    assert epochs == [event for event in run.events if event["event"] == "epoch"]
    model = lenet.open(run.folder / "model.safetensors")
    assert [{"event": "epoch", **epoch} for epoch in model.history] == epochs


def test_scalars_are_those_of_the_history(run: Run) -> None:
    board, history = read_board(run.folder), read_history(run.folder)
    epochs = [line for line in history if line["event"] == "epoch"]
    iterations = [line for line in history if line["event"] == "iteration"]
    expected = {
        "train/loss": [(line["iteration"], line["loss"]) for line in iterations],
        "train/rate": [(line["iteration"], line["rate"]) for line in iterations if "rate" in line],
        "train/throughput": [(line["iteration"], line["images_per_second"]) for line in epochs],
    }
    for name in ("top1", "loss"):
        expected[f"epoch/{name}"] = [(line["iteration"], line[name]) for line in epochs]
    for name in ("top1", "top5", "loss"):
        expected[f"validation/{name}"] = [
            (line["iteration"], line["validation"][name]) for line in epochs if line["validation"]
        ]
    assert set(board.Tags()["scalars"]) == set(expected)
    for tag, pairs in expected.items():
        written = [(event.step, event.value) for event in board.Scalars(tag)]
        assert written == [(step, np.float32(value)) for step, value in pairs], tag


def test_scalars_are_true(run: Run) -> None:
    board = read_board(run.folder)
    rates = {event.step: event.value for event in board.Scalars("train/rate")}
    assert rates == {k: np.float32(0.3 / (1 + 0.01 * (k - 1))) for k in range(5, 36, 5)}
    losses = [event.value for event in board.Scalars("train/loss")]
    assert 2 < losses[0] < 3 and losses[-1] < 1


def test_the_file_and_its_graph(run: Run) -> None:
    board = read_board(run.folder)
    (text,) = board.Tensors("file/text_summary")
    shown = text.tensor_proto.string_val[0].decode()
    assert [line.strip() for line in shown.split("\n")] == [
        line.strip() for line in SPEC.split("\n")
    ]
    nodes = {node.name: node for node in board.Graph().node}
    assert nodes["conv"].op == "conv" and list(nodes["conv"].input) == ["input"]
    assert len(nodes) == 7


def test_histograms(run: Run) -> None:
    board = read_board(run.folder)
    assert set(board.Tags()["histograms"]) == {f"parameters/{name}" for name in SIZES}
    reported = {
        (event["name"], event["iteration"]): event
        for event in run.events
        if event["event"] == "parameters"
    }
    for name, size in SIZES.items():
        written = board.Histograms(f"parameters/{name}")
        assert [event.step for event in written] == [10, 20, 30]
        for event in written:
            histogram = event.histogram_value
            source = reported[name, event.step]
            assert histogram.num == size == sum(histogram.bucket)
            assert len(histogram.bucket) == len(histogram.bucket_limit)
            assert histogram.bucket_limit == sorted(histogram.bucket_limit)
            assert (histogram.min, histogram.max) == (source["min"], source["max"])
            assert histogram.max == pytest.approx(histogram.bucket_limit[-1])
            assert histogram.min < histogram.max
            mean = histogram.sum / size
            assert histogram.min < mean < histogram.max
            assert histogram.sum_squares / size >= mean * mean


def test_the_last_histogram_is_of_the_model(tmp_path: Path) -> None:
    spec = tmp_path / "tiny.lenet"
    spec.write_text(SPEC.replace("every 10 iterations", "every epoch"))
    lenet.train(spec, engine="local", epochs=1, output=tmp_path / "run")
    board = read_board(tmp_path / "run")
    for name, tensor in load_file(tmp_path / "run" / "model.safetensors").items():
        (event,) = board.Histograms(f"parameters/{name}")
        histogram = event.histogram_value
        assert (histogram.min, histogram.max) == (tensor.min(), tensor.max())
        assert histogram.sum == pytest.approx(tensor.sum(), rel=1e-4)
        assert histogram.sum_squares == pytest.approx((tensor**2).sum(), rel=1e-4)
        edges = np.linspace(tensor.min(), tensor.max(), len(histogram.bucket) + 1)
        counts, _ = np.histogram(tensor, bins=edges)
        assert np.abs(np.cumsum(counts) - np.cumsum(histogram.bucket)).max() <= 1


def test_events_are_on_disk_while_the_run_goes_on(run: Run) -> None:
    assert run.seen == {"lines": 16, "losses": 15}  # with the line of the first epoch


def step(iteration: int) -> IterationDone:
    return IterationDone(1, iteration, iteration, 100, 1.0, 0.5, 0.1, 1000.0)


def test_events_are_flushed_in_time(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, Train(logs=(("loss", Duration(1, "iterations")),)))
    for iteration in range(1, 50):
        recorder(step(iteration))
    assert 1 <= len(read_board(tmp_path).Scalars("train/loss")) < 49
    recorder.written -= 2
    recorder.flushed -= 2
    recorder(step(50))
    assert len(read_board(tmp_path).Scalars("train/loss")) == len(read_history(tmp_path)) == 50
    recorder(step(51))
    assert len(read_history(tmp_path)) == 50
    recorder.flush()
    assert len(read_board(tmp_path).Scalars("train/loss")) == len(read_history(tmp_path)) == 51


def test_not_too_many_events_wait(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, Train(logs=(("loss", Duration(1, "iterations")),)))
    for iteration in range(1, 201):
        recorder(step(iteration))
        assert len(read_history(tmp_path)) > iteration - 64


def test_records_are_on_disk_before_a_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a run that goes on from there would lack them."""
    spec = tmp_path / "tiny.lenet"
    spec.write_text(SPEC.replace("stop after", "checkpoint every 7 iterations\n  stop after"))
    monkeypatch.setattr("lenet.runtime.records.recorder._FLUSH_SECONDS", 1e6)
    seen = []
    save = Checkpoints.save

    def saved(self: Checkpoints, data: bytes) -> int:
        seen.append(sum(line["event"] == "iteration" for line in read_history(tmp_path / "run")))
        return save(self, data)

    monkeypatch.setattr(Checkpoints, "save", saved)
    lenet.train(spec, engine="local", output=tmp_path / "run")
    assert seen == [7, 14, 21, 28, 35, 36]


def test_nothing_is_logged_that_was_not_asked_for(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, Train())
    recorder(Compiled(1.0, False))
    recorder(step(1))
    validated = Validated(epoch=1, iteration=2, validation={"top1": 0.5})
    recorder(validated)
    recorder.flush()
    assert read_history(tmp_path) == [validated.as_dict()]
    assert read_board(tmp_path).Tags()["scalars"] == ["validation/top1"]


def test_a_stopped_run_keeps_its_records(tmp_path: Path) -> None:
    spec = tmp_path / "tiny.lenet"
    spec.write_text(SPEC)

    def stop(event: dict[str, Any]) -> None:
        if event["event"] == "iteration" and event["iteration"] == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lenet.train(spec, engine="local", output=tmp_path / "run", watch=stop)
    assert len(read_history(tmp_path / "run")) == 7
    assert len(read_board(tmp_path / "run").Scalars("train/loss")) == 7


def test_a_full_disk_is_told_of(tmp_path: Path) -> None:
    """It must not hang, as it does when a thread of tensorboardX's own dies of it."""
    code = """
import sys
from pathlib import Path
from lenet.dsl.errors import LenetError
from lenet.dsl.lower.reader import Duration
from lenet.dsl.training.values import Train
from lenet.runtime.events import Histogram
from lenet.runtime.records.recorder import Recorder

recorder = Recorder(Path(sys.argv[1]), Train(logs=(("loss", Duration(1, "epochs")),)))
try:
    for epoch in range(10_000):
        recorder(Histogram(epoch, "w", 0.0, 1.0, 1, 1.0, 1.0, [1.0], [1]))
    recorder.flush()
except LenetError as error:
    print(error)
"""
    result = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "run"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert f"cannot write the run's records into {tmp_path / 'run'}" in result.stdout
    assert "File too large" in result.stdout


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(lenet.LenetError, match="cannot write the run's records"):
        Recorder(tmp_path / "file" / "run", Train())
