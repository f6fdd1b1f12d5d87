"""The folder of a run: its own for each run, never lost, found again by the printed commands."""

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from nobody import ROOT, needs_root, nobody
from test_cli_train import SPEC, run, train

import lenet
from lenet.dsl.errors import LenetError
from lenet.runtime.records.run_folder import claimed, new_folder

MAIN = [sys.executable, "-c", "from lenet.cli import main; main()"]
LONG = SPEC.replace("stop after 2 epochs", "stop after 100000 epochs")


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.lenet"
    path.write_text(SPEC)
    return path


def test_runs_of_one_second_get_folders_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many begin at once."""
    monkeypatch.chdir(tmp_path)
    found: list[Path] = []
    barrier = threading.Barrier(16)

    def begin() -> None:
        barrier.wait()
        found.append(new_folder("net")[0])

    threads = [threading.Thread(target=begin) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 16 and all(folder.is_dir() for folder in found)


def test_two_processes_at_once(spec: Path) -> None:
    command = [*MAIN, "train", spec.name, "--engine", "local", "--epochs", "1"]
    both = [subprocess.Popen(command, cwd=spec.parent, stdout=subprocess.PIPE, text=True,
                             stderr=subprocess.DEVNULL) for _ in range(2)]  # fmt: skip
    outputs = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    models = [line.split()[1] for text in outputs for line in text.splitlines()
              if line.startswith("model")]  # fmt: skip
    assert len(set(models)) == 2
    assert len({lenet.open(spec.parent / model).digest for model in models}) == 1


def test_a_folder_that_is_being_written_is_left_alone(spec: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with claimed(folder):
        for options in ((), ("--force",)):
            result = train(spec, "-o", folder, *options)
            assert result.exit_code == 1
            assert f"a run is being written into {folder}" in result.stderr
    assert not folder.exists()  # nothing has begun in it
    assert train(spec, "-o", folder).exit_code == 0
    with claimed(folder):
        result = run("train", "--resume", folder)
        assert result.exit_code == 1 and "is being written into" in result.stderr
    assert train(spec, "-o", folder, "--force").exit_code == 0


def test_a_run_that_does_not_begin_leaves_nothing(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spec.write_text(SPEC.replace("data digits", 'data idx "nowhere"'))
    assert train(spec).exit_code == 1
    assert not (tmp_path / "runs").exists()


def test_where_no_folder_can_be_made(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only working folder: the run goes elsewhere, and says where before it starts."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "tmp").mkdir()
    made = Path.mkdir

    def refuse(self: Path, *args: object, **kwargs: object) -> None:
        if self == Path("runs"):
            raise OSError(30, "Read-only file system")
        made(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "mkdir", refuse)
    result = train(spec, "--epochs", 1)
    assert result.exit_code == 0
    note = "runs cannot be written here (read-only file system): the run goes to "
    assert note + str(tmp_path / "tmp") in result.stderr
    assert [p.name for p in tmp_path.glob("tmp/lenet-runs-*/tiny-*/model.safetensors")]


def test_printed_commands_can_be_pasted(tmp_path: Path) -> None:
    folder = tmp_path / "my run's $HOME"
    folder.mkdir()
    spec = folder / "a net.lenet"
    spec.write_text(SPEC.replace("stop after 2", "stop after 1"))
    result = train(spec, "-o", folder / "out put")
    (line,) = [s for s in result.stdout.splitlines() if s.startswith("next ")]
    command = shlex.split(line)[1:]
    assert command[:2] == ["lenet", "evaluate"]
    assert run(*command[1:]).exit_code == 0
    (board,) = [s for s in result.stdout.splitlines() if "tensorboard" in s]
    assert shlex.split(board) == ["tensorboard", "--logdir", str(folder / "out put")]
    refused = train(spec, "-o", folder / "out put")
    fix = refused.stderr.split("go on with it: ")[1].split(";")[0]
    assert shlex.split(fix) == ["lenet", "train", "--resume", str(folder / "out put")]
    assert run(*shlex.split(fix)[1:], "--epochs", 2).exit_code == 0


def test_without_tensorboard_its_line_is_not_printed(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lenet.terminal.concluding.find_spec", lambda name: None)
    result = train(spec, "-o", tmp_path / "run")
    assert result.exit_code == 0 and "tensorboard --logdir" not in result.stdout


def test_the_command_after_an_interruption_goes_on_with_the_same_engine(tmp_path: Path) -> None:
    spec = tmp_path / "long net.lenet"
    spec.write_text(LONG)
    command = [*MAIN, "train", str(spec), "--engine", "local", "--threads", "1"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("epoch   3"):
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in errors
    (again,) = [s for s in errors.splitlines() if s.startswith("go on with: ")]
    words = shlex.split(again.removeprefix("go on with: "))
    assert words[:3] == ["lenet", "train", "--resume"]
    assert words[4:] == ["--engine", "local", "--threads", "1"]
    history = tmp_path / words[3] / "history.jsonl"
    before = len(history.read_text().splitlines())
    process = subprocess.Popen([*MAIN, *words[1:]], cwd=tmp_path, stderr=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, text=True)  # fmt: skip
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if line.startswith("epoch"):
            break
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert any("the training goes on from iteration" in line for line in seen)
    assert not any("Spark" in line for line in seen)
    assert len(history.read_text().splitlines()) > before


def test_a_resumed_run_takes_the_engine_that_it_had(spec: Path, tmp_path: Path) -> None:
    assert train(spec, "-o", tmp_path / "run", "--epochs", 1).exit_code == 0
    result = run("train", "--resume", tmp_path / "run", "--epochs", 2)
    assert result.exit_code == 0 and "Spark" not in result.stderr


def test_checkpoints_are_models_too(spec: Path, tmp_path: Path) -> None:
    spec.write_text(SPEC.replace("log loss", "checkpoint every epoch\n  log loss"))
    train(spec, "-o", tmp_path / "run")
    folder = tmp_path / "run" / "checkpoints"
    first, last = sorted(folder.iterdir())
    model = lenet.open(tmp_path / "run" / "model.safetensors")
    kept = lenet.open(last)
    assert kept.digest == model.digest and kept.classes == model.classes
    assert (kept.mean, kept.observed) == (model.mean, model.observed)
    once = train(spec, "-o", tmp_path / "once", "--epochs", 1)
    assert lenet.open(first).digest[:16] in once.stdout
    result = run("evaluate", first)
    top1 = model.history[0]["validation"]["top1"]
    assert result.exit_code == 0 and re.search(f"top1 +{top1:.2%}", result.stdout)
    idx = tmp_path / "images"
    idx.write_bytes(bytes([0, 0, 8, 3]) + b"\0\0\0\1" + b"\0\0\0\x08" * 2 + bytes(64))
    assert run("predict", first, idx).exit_code == 0
    data = bytearray(first.read_bytes())
    data[-5] ^= 1
    damaged = tmp_path / "damaged"
    damaged.write_bytes(data)
    result = run("predict", damaged, idx)
    assert result.exit_code == 1 and "damaged" in result.stderr
    with pytest.raises(LenetError, match=r"name the file: .*model\.safetensors"):
        lenet.open(tmp_path / "run")


def test_a_checkpoint_without_its_net_says_so(tmp_path: Path) -> None:
    from lenet.runtime.records.checkpoint import State

    state = State(np.zeros(3, np.float32), np.zeros(0, np.float32), {"iteration": 1})
    (tmp_path / "old").write_bytes(state.to_bytes("job"))
    with pytest.raises(LenetError, match="does not say what its net is"):
        lenet.open(tmp_path / "old")


def test_the_folder_is_given_up_by_a_process_that_is_killed(spec: Path, tmp_path: Path) -> None:
    spec.write_text(LONG)
    folder = tmp_path / "run"
    process = subprocess.Popen(
        [*MAIN, "train", str(spec), "--engine", "local", "-o", str(folder)],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("epoch"):
            break
    result = run("train", "--resume", folder, "--epochs", 1)
    assert result.exit_code == 1 and "is being written into" in result.stderr
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        result = run("train", "--resume", folder, "--epochs", 1, "--engine", "local")
        if result.exit_code == 0:
            break
        time.sleep(0.2)
    assert result.exit_code == 0, result.stderr


@needs_root
@pytest.mark.large
def test_a_bare_number_in_a_read_only_working_folder() -> None:
    """Without -o, as in a container: the model is where the program says."""
    with nobody() as user:
        cache = str(user.temporary / "cache")
        spec = str(ROOT / "specs" / "digits.lenet")
        arguments = ["train", spec, "--engine", "local", "--epochs", "1"]
        done = user.lenet(*arguments, HOME="/", LENET_CACHE=cache)
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
        assert "runs cannot be written here (permission denied): the run goes to" in done.stderr
        (model,) = [s.split()[1] for s in done.stdout.splitlines() if s.startswith("model")]
        done = user.lenet("evaluate", model, HOME="/", LENET_CACHE=cache)
        assert done.returncode == 0 and "top1" in done.stdout and not done.stderr


def test_two_runs_with_the_same_checkpoints(spec: Path, tmp_path: Path) -> None:
    """They would remove each other's."""
    checkpoints = tmp_path / "kept" / "here"
    with claimed(checkpoints):
        result = train(spec, "-o", tmp_path / "run", "--checkpoints", checkpoints)
        assert result.exit_code == 1
        assert f"a run is being written into {checkpoints}" in result.stderr
    result = train(spec, "-o", tmp_path / "run", "--checkpoints", checkpoints)
    assert result.exit_code == 0 and list(checkpoints.iterdir())
    again = ("--resume", tmp_path / "run", "--checkpoints", checkpoints, "--epochs", 3)
    assert run("train", *again).exit_code == 0


def test_a_lock_that_cannot_be_removed_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a disk that has become read-only, what ends the run is what counts."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    with pytest.raises(KeyboardInterrupt), claimed(tmp_path):
        monkeypatch.setattr(Path, "unlink", refuse)
        raise KeyboardInterrupt


def test_checkpoints_in_the_usual_place(spec: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    lenet.train(
        spec, engine="local", output=folder, checkpoints=str(folder / "checkpoints"), epochs=1
    )
    assert list((folder / "checkpoints").glob("iteration-*"))
