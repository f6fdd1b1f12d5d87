"""A run whose folder is full, or disappears: it says so at once, goes on, and loses nothing."""

import errno
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_cli_train import SPEC, run
from test_recorder import read_board, read_history
from test_signals import VARIABLES, started

import lenet
from lenet.dsl.errors import LenetError
from lenet.runtime.machine import files
from lenet.runtime.machine.files import Tail

LONG = SPEC.replace("stop after 2", "stop after 8")
LONG = LONG.replace("log loss", "checkpoint every epoch\n  log loss")
STEPS = 23  # of an epoch
Change = Callable[[Path], object]


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a folder of its own for what is temporary; every record is written at once."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr("lenet.runtime.records.recorder._FLUSH_SECONDS", 0.0)
    path = tmp_path / "tiny.lenet"
    path.write_text(LONG)
    return path


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """While `on`, the disk of the run's folder takes nothing, but half of the first piece."""
    state = {"on": False, "half": True}
    write, make = os.write, files.tempfile.mkstemp

    def filled(handle: int, data: bytes) -> int:
        if not state["on"] or "/run/" not in os.readlink(f"/proc/self/fd/{handle}"):
            return write(handle, data)
        if state.pop("half", False) and len(data) > 1:
            return write(handle, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    def made(*arguments: Any, **options: Any) -> Any:
        if state["on"] and "/run" in str(options.get("dir")):
            raise OSError(errno.ENOSPC, "No space left on device")
        return make(*arguments, **options)

    monkeypatch.setattr(files.os, "write", filled)
    monkeypatch.setattr(files.tempfile, "mkstemp", made)
    return state


def at(event: dict[str, Any], iteration: int) -> bool:
    return bool(event["event"] == "iteration" and event["iteration"] == iteration)


def rescues(spec: Path) -> list[Path]:
    return list((spec.parent / "tmp").glob("lenet-rescue-*"))


def iterations(folder: Path) -> list[int]:
    return [line["iteration"] for line in read_history(folder) if line["event"] == "iteration"]


def test_a_disk_that_is_full_for_a_while_costs_nothing(
    spec: Path, tmp_path: Path, full: dict[str, bool]
) -> None:
    events: list[dict[str, Any]] = []

    def watch(event: dict[str, Any]) -> None:
        events.append(event)
        if at(event, 30) or at(event, 120):
            full["on"] = not full["on"]
        if at(event, 110):
            (folder,) = rescues(spec)
            assert list((folder / "checkpoints").iterdir())

    model = lenet.train(spec, engine="local", output=tmp_path / "run", watch=watch)
    assert model.digest == lenet.train(spec, engine="local").digest
    assert iterations(tmp_path / "run") == list(range(1, 8 * STEPS + 1))
    losses = [event.step for event in read_board(tmp_path / "run").Scalars("train/loss")]
    assert losses == list(range(1, 8 * STEPS + 1))
    warned = [event["text"] for event in events if event["event"] == "warning"]
    assert len(warned) == 2, warned
    assert "No space left on device. The training goes on and will try again" in warned[0]
    assert warned[1] == "the run can be written again"
    places = [events.index(event) for event in events if event["event"] == "warning"]
    near = [event["iteration"] for event in events[: places[0]] if event["event"] == "iteration"]
    assert near[-1] <= 32  # at once, and not at the next checkpoint
    assert not rescues(spec)
    elsewhere = [event["elsewhere"] for event in events if event["event"] == "checkpoint"]
    assert elsewhere[0] == elsewhere[-1] == "" and any(elsewhere)
    assert lenet.open(tmp_path / "run" / "model.safetensors").digest == model.digest


def test_a_disk_that_stays_full(spec: Path, tmp_path: Path, full: dict[str, bool]) -> None:
    def watch(event: dict[str, Any]) -> None:
        full["on"] |= at(event, 30)

    with pytest.raises(LenetError, match="cannot write") as caught:
        lenet.train(spec, engine="local", output=tmp_path / "run", watch=watch)
    (folder,) = rescues(spec)
    detail = f"No space left on device. What was trained is in {folder} instead."
    assert caught.value.detail == detail
    model = lenet.open(folder / "model.safetensors")
    assert model.digest == lenet.train(spec, engine="local").digest


def removed(folder: Path) -> None:
    shutil.rmtree(folder)


def renamed(folder: Path) -> None:
    folder.rename(folder.with_name("another"))


def replaced(folder: Path) -> None:
    """By another run."""
    shutil.rmtree(folder)
    shutil.copytree(folder.parent / "old", folder)


def a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("")


@pytest.mark.parametrize("change", [removed, renamed, replaced, a_file])
def test_a_folder_that_disappears(spec: Path, tmp_path: Path, change: Change) -> None:
    """A run goes on from the rescue, to the same weights; what lies in its place is left alone."""
    lenet.train(spec, engine="local", epochs=1, output=tmp_path / "old")
    events: list[dict[str, Any]] = []

    def watch(event: dict[str, Any]) -> None:
        events.append(event)
        if at(event, 30):
            change(tmp_path / "run")

    with pytest.raises(LenetError, match="cannot write the run's records into") as caught:
        lenet.train(spec, engine="local", output=tmp_path / "run", watch=watch)
    (folder,) = rescues(spec)
    assert f"What was trained is in {folder} instead." in caught.value.detail
    assert str(folder / "model.safetensors") in caught.value.fix
    (warned,) = [event for event in events if event["event"] == "warning"]
    assert f"it is kept in {folder}" in warned["text"]
    assert f"lenet train --resume {folder}" in warned["fix"]
    before = [e for e in events[: events.index(warned)] if e["event"] == "iteration"]
    assert before[-1]["iteration"] <= 32
    there = sorted(p.name for p in (tmp_path / "run").iterdir()) if change is replaced else []
    assert there == (sorted(p.name for p in (tmp_path / "old").iterdir()) if there else [])
    assert (tmp_path / "run").exists() == (change in (replaced, a_file))
    result = run("train", "--resume", folder, "--epochs", 9)
    assert result.exit_code == 0, result.stderr
    model = lenet.open(folder / "model.safetensors")
    assert model.digest == lenet.train(spec, engine="local", epochs=9).digest
    assert [epoch["epoch"] for epoch in model.history] == list(range(1, 10))


def test_a_folder_that_comes_back(spec: Path, tmp_path: Path) -> None:
    def watch(event: dict[str, Any]) -> None:
        if at(event, 30):
            renamed(tmp_path / "run")
        if at(event, 60):
            (tmp_path / "another").rename(tmp_path / "run")

    lenet.train(spec, engine="local", output=tmp_path / "run", watch=watch)
    assert iterations(tmp_path / "run") == list(range(1, 8 * STEPS + 1))
    assert not rescues(spec)


def test_where_nothing_can_be_written_anywhere(spec: Path, tmp_path: Path) -> None:
    found: list[dict[str, Any]] = []

    def watch(event: dict[str, Any]) -> None:
        found.append(event)
        if at(event, 30):
            removed(tmp_path / "run")
            removed(tmp_path / "tmp")

    with pytest.raises(LenetError) as caught:
        lenet.train(spec, engine="local", output=tmp_path / "run", watch=watch)
    assert "It cannot be kept elsewhere either" in caught.value.detail
    (warned,) = [event["text"] for event in found if event["event"] == "warning"]
    assert "nothing is kept elsewhere either" in warned
    assert [e for e in found if e["event"] == "iteration"][-1]["iteration"] == 8 * STEPS


@pytest.mark.parametrize("engine", ["local", pytest.param("spark", marks=pytest.mark.spark)])
def test_an_interrupted_run_goes_on_from_its_rescue(spec: Path, engine: str) -> None:
    spec.write_text(SPEC.replace("stop after 2", "stop after 1000000"))
    folder = spec.parent / "run"
    more = ["--engine", engine, *(["--master", "local[1]"] if engine == "spark" else [])]
    code = "import lenet.runtime.records.recorder as r; r._FLUSH_SECONDS = 0\n"
    code += "from lenet.cli import main; main()"
    command = [sys.executable, "-c", code, "train", str(spec), "-o", str(folder), *more]
    process = started(command, env={**VARIABLES, "TMPDIR": str(spec.parent / "tmp")})
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("epoch   2"):
            shutil.rmtree(folder)
        if line.lower().startswith("warning: cannot write"):  # what follows may be in further lines
            break
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    _, text = process.communicate(timeout=150)
    assert process.returncode == 143, text
    (rescue,) = rescues(spec)
    assert f"go on with: lenet train --resume {rescue}" in text and not folder.exists()
    result = run("train", "--resume", rescue, "--epochs", 1, "--engine", "local")
    assert result.exit_code == 0 and "goes on from iteration" in result.stderr


def test_a_tail(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "file")
    tail.add(b"one\n")
    tail.flush()
    (tmp_path / "file").rename(tmp_path / "gone")
    tail.add(b"two\n")
    with pytest.raises(FileNotFoundError):
        tail.flush()
    (tmp_path / "gone").rename(tmp_path / "file")
    tail.flush(to_disk=True)
    assert (tmp_path / "file").read_text() == "one\ntwo\n"
