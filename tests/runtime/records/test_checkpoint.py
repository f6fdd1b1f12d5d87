"""Checkpoints: going on from one gives the bits of the run that was never stopped."""

import json
import os
import resource
import signal
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from test_normalization import NET
from test_recorder import read_board
from test_training import SMALL

import lenet
from lenet.api import load_again
from lenet.dsl.errors import LenetError
from lenet.runtime.records.checkpoint import KEPT, Checkpoints, Memory, State

TRAIN = """  optimizer adam
  rate 0.01 decay 0.001 warmup 3 iterations
  checkpoint every 7 iterations
  log loss every iteration
  stop when loss stalls for 4 epochs
  stop after 6 epochs
"""
STEPS = 15  # of an epoch


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """Dropout, augmented images, Adam, and checkpoints in the middle of epochs."""
    path = tmp_path / "net.lenet"
    text = (
        SMALL.replace("  rate 0.1\n", "")
        .replace("  optimizer sgd momentum 0.9\n", "")
        .replace("  stop after 2 epochs\n", "")
    )
    text = text.replace("train\n", "augment\n  shift 1\ntrain\n").rstrip("\n") + "\n" + TRAIN
    path.write_text(text)
    return path


def stopped_at(spec: Path, folder: Path, iteration: int, **options: Any) -> None:
    """Train until an iteration, and fail there as a killed driver does."""

    def watch(event: dict) -> None:
        if event["event"] == "iteration" and event["iteration"] == iteration:
            raise KeyError("killed")

    with pytest.raises(KeyError):
        lenet.train(spec, engine="local", output=folder, watch=watch, **options)


def bare(history: tuple[dict, ...]) -> list[dict]:
    """Without what depends on the time."""
    return [{k: e[k] for k in ("epoch", "iteration", "loss", "top1", "rate", "validation")}
            for e in history]  # fmt: skip


@pytest.mark.parametrize("iteration", [5, 20, 31, 46])
def test_a_run_that_goes_on_gives_the_same_bits(spec: Path, tmp_path: Path, iteration: int) -> None:
    whole = lenet.train(spec, engine="local", output=tmp_path / "whole")
    folder = tmp_path / "run"
    stopped_at(spec, folder, iteration)
    starts: list[int] = []

    def watch(event: dict) -> None:
        if event["event"] == "start":
            starts.append(event["iteration"])

    again = lenet.train(spec, engine="local", output=folder, resume=True, watch=watch)
    # 15 steps an epoch: the checkpoints are those of 7, 14, 21 …
    assert starts == [iteration // 7 * 7 - 7 * (iteration % 7 == 0)]
    assert again.digest == whole.digest
    assert bare(again.history) == bare(whole.history)
    lines = [json.loads(x) for x in (folder / "history.jsonl").read_text().splitlines()]
    iterations = [e["iteration"] for e in lines if e["event"] == "iteration"]
    assert iterations == list(range(1, whole.history[-1]["iteration"] + 1))
    losses = [(e.step, e.value) for e in read_board(folder).Scalars("train/loss")]
    assert losses == [
        (e.step, e.value) for e in read_board(tmp_path / "whole").Scalars("train/loss")
    ]


def test_batch_normalization_goes_on_with_its_running_statistics(tmp_path: Path) -> None:
    spec = tmp_path / "net.lenet"
    spec.write_text(NET + "  checkpoint every 4 iterations\n")
    whole = lenet.train(spec, engine="local")
    stopped_at(spec, tmp_path / "run", 18)
    again = lenet.train(spec, engine="local", output=tmp_path / "run", resume=True)
    assert again.digest == whole.digest


def test_the_last_ones_are_kept_and_a_damaged_one_is_skipped(spec: Path, tmp_path: Path) -> None:
    whole = lenet.train(spec, engine="local")
    folder = tmp_path / "run"
    stopped_at(spec, folder, 40)
    files = sorted((folder / "checkpoints").iterdir())
    assert len(files) == KEPT == 3 and files[-1].name == "iteration-000000035.safetensors"
    files[-1].write_bytes(files[-1].read_bytes()[:-40])
    changed = bytearray(files[-2].read_bytes())
    changed[-5] ^= 1
    files[-2].write_bytes(bytes(changed))
    events: list[dict] = []
    again = lenet.train(spec, engine="local", output=folder, resume=True, watch=events.append)
    warned = [e["text"] for e in events if e["event"] == "warning"]
    assert len(warned) == 2 and all("is skipped" in text for text in warned)
    assert next(e for e in events if e["event"] == "start")["iteration"] == 21
    assert again.digest == whole.digest


def test_more_epochs_follow_a_run_that_is_over(spec: Path, tmp_path: Path) -> None:
    first = lenet.train(spec, engine="local", epochs=2, output=tmp_path / "run")
    longer = lenet.train(spec, engine="local", epochs=4, output=tmp_path / "run", resume=True)
    assert [e["epoch"] for e in longer.history] == [1, 2, 3, 4]
    assert longer.digest == lenet.train(spec, engine="local", epochs=4).digest != first.digest
    same = lenet.train(spec, engine="local", epochs=4, output=tmp_path / "run", resume=True)
    assert same.digest == longer.digest and len(same.history) == 4


def test_more_epochs_follow_a_run_that_a_metric_has_ended(spec: Path, tmp_path: Path) -> None:
    spec.write_text(spec.read_text().replace("loss stalls for 4 epochs", "loss below 1.5"))
    first = lenet.train(spec, engine="local", output=tmp_path / "run")
    count = len(first.history)
    assert count < 6
    same = lenet.train(spec, engine="local", output=tmp_path / "run", resume=True)
    assert same.digest == first.digest and len(same.history) == count
    longer = lenet.train(spec, engine="local", epochs=7, output=tmp_path / "run", resume=True)
    assert [e["epoch"] for e in longer.history] == list(range(1, 8))


def test_a_checkpoint_of_another_training_is_refused(spec: Path, tmp_path: Path) -> None:
    stopped_at(spec, tmp_path / "run", 20)
    before = sorted((tmp_path / "run").rglob("*"))
    spec.write_text(spec.read_text().replace("linear", "tanh\nlinear", 1))
    with pytest.raises(LenetError, match="another training") as caught:
        lenet.train(spec, engine="local", output=tmp_path / "run", resume=True)
    assert "--resume" in caught.value.fix
    assert sorted((tmp_path / "run").rglob("*")) == before


def test_a_new_run_forgets_the_old_checkpoints(spec: Path, tmp_path: Path) -> None:
    stopped_at(spec, tmp_path / "run", 40)
    stopped_at(spec, tmp_path / "run", 9, overwrite=True)
    names = [path.name for path in (tmp_path / "run" / "checkpoints").iterdir()]
    assert names == ["iteration-000000007.safetensors"]


def test_states_read_back() -> None:
    state = State(np.arange(3, dtype=np.float32), np.zeros(0, np.float32), {"iteration": 4})
    data = state.to_bytes("job")
    again = State.from_bytes(data, "job")
    assert np.array_equal(again.weights, state.weights) and again.position == state.position
    for broken in (b"", data[:50], data[:-1], data[:200] + b"\0" + data[201:], b"\xff" * 100):
        with pytest.raises(LenetError, match="damaged"):
            State.from_bytes(broken, "job")


def spoiled(state: State, how: str) -> State:
    weights, optimizer, position = state.weights, state.optimizer, deepcopy(state.position)
    if how == "weights":
        weights = weights[:-1]
    elif how == "no numbers":
        weights = weights * np.float32(np.nan)
    elif how == "optimizer":
        optimizer = optimizer[:7]
    elif how == "step":
        position["at"]["step"] = 10**6
    elif how == "images":
        position["at"]["images"] = -1
    elif how == "at":
        position["at"] = {"elsewhere": 1}
    elif how == "stopper":
        position["stopper"] = {"best": {}}
    elif how == "iteration":
        position["iteration"] = "x"
    return State(weights, optimizer, position)


WAYS = "weights", "no numbers", "optimizer", "step", "images", "at", "stopper", "iteration"


@pytest.mark.parametrize("how", WAYS)
def test_a_checkpoint_that_no_training_has_written(spec: Path, tmp_path: Path, how: str) -> None:
    """It has the right checksum, and is of this training."""
    stopped_at(spec, tmp_path, 20)
    (newest, *others) = sorted((tmp_path / "checkpoints").iterdir(), reverse=True)
    for other in others:
        other.unlink()
    with safe_open(newest, "numpy") as file:
        job = file.metadata()["job"]
    state = spoiled(State.from_bytes(newest.read_bytes(), job), how)
    newest.write_bytes(state.to_bytes(job))
    if how == "iteration":  # which is known to be none before it is used: it is skipped
        lenet.train(spec, engine="local", output=tmp_path, resume=True, epochs=1)
        return
    with pytest.raises(LenetError, match="the checkpoint is damaged"):
        lenet.train(spec, engine="local", output=tmp_path, resume=True)


RUNS = {
    "It is not what a run has written": ["[]", "{", "[" * 100_000, '{"spec": "x"}'],
    "It lacks the spec": ['{"spec": 1, "source": "", "data": null}'],
    "Its epochs are no number": ['{"spec": "x", "source": "", "epochs": "many"}'],
    "One of its settings is no number": [
        '{"spec": "x", "source": "input 3", "settings": {"a": "1e9999999"}}'
    ],
}


@pytest.mark.parametrize("expected", RUNS)
def test_a_run_that_does_not_say_what_it_is(tmp_path: Path, expected: str) -> None:
    for text in RUNS[expected]:
        (tmp_path / "run.json").write_text(text)
        with pytest.raises(LenetError, match=r"run\.json is damaged") as caught:
            load_again(tmp_path)
        assert expected in caught.value.detail


def test_in_memory() -> None:
    checkpoints = Checkpoints(Memory(), "job", print)
    assert checkpoints.newest() is None
    for iteration in (1, 5, 9, 12):
        state = State(np.zeros(1, np.float32), np.zeros(0, np.float32), {"iteration": iteration})
        assert checkpoints.save(state.to_bytes("job")) == iteration
    newest = checkpoints.newest()
    assert newest is not None and State.from_bytes(newest, "job").iteration == 12
    assert len(checkpoints.store.names()) == KEPT


@pytest.mark.parametrize(
    ("engine", "number"),
    [
        ("local", signal.SIGINT),
        pytest.param("local", signal.SIGKILL, marks=pytest.mark.large),
        pytest.param("spark", signal.SIGKILL, marks=pytest.mark.spark),
    ],
)
def test_resume_from_the_command_line(tmp_path: Path, engine: str, number: signal.Signals) -> None:
    """After Ctrl-C, which leaves a checkpoint (for Spark, tests/runtime/spark/test_spark.py sees to
    that), and after a driver that was killed."""
    spec, folder = tmp_path / "net.lenet", tmp_path / "run"
    text = SMALL.replace("2 epochs", "200 epochs").replace("batch 100", "batch 50")
    spec.write_text(text + "  checkpoint every epoch\n" * (number == signal.SIGKILL))
    program = [sys.executable, "-c", "from lenet.cli import main; main()", "train"]
    process = subprocess.Popen(
        [*program, str(spec), "--engine", engine, "-o", str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        # A shell has what it starts in the background, such as these tests, ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("epoch   4"):
            break
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.kill()
    _, rest = process.communicate(timeout=60)
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert f"go on with: lenet train --resume {folder}" in rest
    spec.unlink()  # the run's folder has all that is needed
    done = subprocess.run(
        [*program, "--resume", str(folder), "--engine", engine, "--json"],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "the training goes on from iteration" in done.stderr
    spec.write_text(text)
    expected = lenet.train(spec, engine="local").digest
    assert json.loads(done.stdout.splitlines()[-1])["digest"] == expected


def test_a_run_that_can_write_no_more_is_kept_elsewhere(tmp_path: Path) -> None:
    """And can go on, from there or from its own folder."""
    spec, folder = tmp_path / "net.lenet", tmp_path / "run"
    log = "  log loss every iteration\n  checkpoint every epoch\n"
    spec.write_text(SMALL.replace("2 epochs", "40 epochs") + log)
    expected = lenet.train(spec, engine="local").digest

    def limit() -> None:  # no file may be longer
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))

    program = [sys.executable, "-c", "from lenet.cli import main; main()", "train"]
    command = [*program, str(spec), "--engine", "local", "-o", str(folder)]
    variables = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit, env=variables)
    assert done.returncode == 1 and "error: cannot write the run's records" in done.stderr
    (rescue,) = tmp_path.glob("lenet-rescue-*")
    assert f"What was trained is in {rescue} instead." in done.stderr
    assert lenet.open(rescue / "model.safetensors").digest == expected
    for place in (folder, rescue):
        command = [*program, "--resume", str(place), "--engine", "local", "--json"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert json.loads(done.stdout.splitlines()[-1])["digest"] == expected


def test_resume_of_nothing(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "from lenet.cli import main; main()", "train", "--resume"]
    done = subprocess.run([*program, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 1 and "there is no run in" in done.stderr
    done = subprocess.run([*program, str(tmp_path), "-o", "x"], capture_output=True, text=True)
    assert done.returncode == 2 and "in the run's own folder" in done.stderr
