"""SIGTERM and SIGHUP, as preemption and closed terminals send them: what Ctrl-C does."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_cli_train import SPEC, run

import lenet
from lenet.runtime.machine.interrupts import Interrupted, interrupted, interruptible, last_words

MAIN = [sys.executable, "-c", "from lenet.cli import main; main()"]
VARIABLES = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
TERM, HUP = signal.SIGTERM, signal.SIGHUP


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.lenet"
    path.write_text(SPEC.replace("stop after 2 epochs", "stop after 1000000 epochs"))
    return path


def started(command: list[str], **options: object) -> "subprocess.Popen[str]":
    """With the handlers of signals that a program in the foreground has."""
    numbers = (signal.SIGINT, TERM, HUP)

    def foreground() -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)

    chosen = {"preexec_fn": foreground, "env": VARIABLES, **options}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        **chosen,
    )  # type: ignore[call-overload, no-any-return]  # fmt: skip


def training(spec: Path, *more: str, **options: object) -> "subprocess.Popen[str]":
    """In spec's folder `run`, at its third epoch."""
    folder = str(spec.parent / "run")
    process = started([*MAIN, "train", str(spec), "-o", folder, *more], **options)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("epoch   3"):
            break
    return process


def kept(spec: Path) -> list[Path]:
    return sorted((spec.parent / "run" / "checkpoints").iterdir())


def check_end(process: "subprocess.Popen[str]", spec: Path, code: int) -> None:
    # The pipes close only when Java and its workers are gone too.
    _, text = process.communicate(timeout=150)
    # A signal that comes when all is over kills what is left: to a shell, this is the same.
    assert process.returncode in (code, 128 - code), text
    assert text.rstrip().endswith("stopped") and "Traceback" not in text, text
    assert f"go on with: lenet train --resume {spec.parent / 'run'}" in text
    assert kept(spec) and not list((spec.parent / "run").glob("run.lock*"))


def to_all(process: "subprocess.Popen[str]", number: int) -> None:
    """As systemd and Slurm do: to Java and the workers, too."""
    waiting, found = [process.pid], []
    while waiting:
        found.append(waiting.pop())
        children = Path(f"/proc/{found[-1]}/task").glob("*/children")
        waiting += [int(word) for path in children for word in path.read_text().split()]
    assert len(found) > 3
    for one in found:
        os.kill(one, number)


@pytest.mark.parametrize("number", [TERM, HUP])
def test_a_training_is_kept_and_tells_how_to_go_on(spec: Path, number: signal.Signals) -> None:
    process = training(spec, "--engine", "local")
    os.killpg(process.pid, number)
    check_end(process, spec, 128 + number)
    result = run("train", "--resume", spec.parent / "run", "--epochs", "1")
    assert result.exit_code == 0 and "goes on from iteration" in result.stderr


@pytest.mark.spark
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for children in /proc")
def test_java_and_its_workers_outlive_the_checkpoint(spec: Path) -> None:
    process = training(spec, "--master", "local[1]")
    before = kept(spec) if (spec.parent / "run" / "checkpoints").exists() else []
    to_all(process, TERM)
    os.killpg(process.pid, TERM)
    check_end(process, spec, 143)
    assert kept(spec) != before


@pytest.mark.spark
def test_a_signal_while_java_starts(spec: Path) -> None:
    process = started([*MAIN, "train", str(spec), "--master", "local[1]"], cwd=spec.parent)
    assert process.stderr is not None
    assert "parameters" in process.stderr.readline()
    time.sleep(0.5)
    os.killpg(process.pid, HUP)
    _, text = process.communicate(timeout=150)
    assert process.returncode == 129, text
    assert text.rstrip().endswith("stopped") and "Traceback" not in text
    assert not (spec.parent / "runs").exists()


def test_a_second_signal_spares_the_checkpoint(spec: Path) -> None:
    """`timeout` and closed terminals send two."""
    process = training(spec, "--engine", "local")
    os.kill(process.pid, TERM)
    time.sleep(0.002)
    os.kill(process.pid, TERM)
    check_end(process, spec, 143)


@pytest.fixture
def heard() -> Iterator[None]:
    """What `nohup` starts, such as these tests, ignores SIGHUP."""
    before = signal.signal(HUP, signal.SIG_DFL)
    yield
    signal.signal(HUP, before)


def test_signals_are_counted(heard: None) -> None:
    with interruptible():
        with pytest.raises(Interrupted):
            signal.raise_signal(TERM)
        assert interrupted()
        signal.raise_signal(HUP)
        with pytest.raises(Interrupted):
            signal.raise_signal(HUP)
    with interruptible():
        last_words()  # Ctrl-C has come
        signal.raise_signal(TERM)
        with pytest.raises(Interrupted) as caught:
            signal.raise_signal(TERM)
        assert caught.value.number == TERM
    assert signal.getsignal(TERM) is signal.getsignal(HUP) is signal.SIG_DFL


def test_what_is_ignored_stays_ignored(spec: Path) -> None:
    """As under nohup."""
    process = training(
        spec, "--engine", "local",
        preexec_fn=lambda: [signal.signal(HUP, signal.SIG_IGN), signal.signal(2, signal.SIG_DFL)],
    )  # fmt: skip
    os.kill(process.pid, HUP)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("epoch")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    process.send_signal(signal.SIGINT)
    check_end(process, spec, 130)


@pytest.mark.parametrize("number", [None, HUP])
def test_a_terminal_that_is_closed(spec: Path, number: signal.Signals | None) -> None:
    """Its signal comes; or does not, where the program runs on without a terminal."""
    process, handle = pty.fork()
    if process == 0:
        signal.signal(HUP, signal.SIG_DFL if number else signal.SIG_IGN)
        folder = str(spec.parent / "run")
        command = [*MAIN, "train", str(spec), "--engine", "local", "-o", folder]
        os.execve(command[0], command, VARIABLES)
    text, end = b"", time.monotonic() + 60
    while b"epoch   3" not in text and time.monotonic() < end:
        if select.select([handle], [], [], 1)[0]:
            text += os.read(handle, 65536)
    os.close(handle)
    if number is None:
        time.sleep(0.5)
        assert os.waitpid(process, os.WNOHANG) == (0, 0)  # it goes on
        os.kill(process, TERM)
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 128 + (number or TERM)
    assert kept(spec)


@pytest.mark.parametrize("number", [TERM, HUP])
def test_other_commands_end_at_once(tmp_path: Path, number: signal.Signals) -> None:
    """Here one that waits for its editor."""
    process = started([*MAIN, "lsp"], stdin=subprocess.PIPE)
    message = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}'
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(f"Content-Length: {len(message)}\r\n\r\n{message}")
    process.stdin.flush()
    process.stdout.readline()
    process.send_signal(number)
    assert process.wait(10) == 128 + number
    process.communicate()


SCRIPT = """
import os, signal, sys
import lenet
number = int(sys.argv[3])
theirs = sys.argv[4] == "theirs"
if theirs:
    signal.signal(number, lambda *_: print("theirs", flush=True))
def watch(event):
    if event["event"] == "epoch":
        if event["epoch"] == 3:
            os.kill(os.getpid(), number)
        if event["epoch"] == 50 and theirs:
            raise SystemExit("the end")
lenet.train(sys.argv[1], engine="local", output=sys.argv[2], watch=watch)
"""


def test_a_script_ends_by_the_signal_when_its_checkpoint_is_written(spec: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, str(spec), str(spec.parent / "run"), str(int(TERM))]
    process = started([*command, "ours"])
    _, text = process.communicate(timeout=150)
    assert process.returncode == -TERM and "Traceback" not in text, text
    assert kept(spec) and not list((spec.parent / "run").glob("run.lock*"))


def test_a_handler_of_the_program_stays(spec: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, str(spec), str(spec.parent / "run"), str(int(TERM))]
    process = started([*command, "theirs"])
    out, text = process.communicate(timeout=150)
    assert process.returncode == 1 and "the end" in text
    assert out == "theirs\n"


def test_signals_are_left_alone_outside_of_a_training(tmp_path: Path) -> None:
    handlers: list[object] = []

    def watch(event: dict[str, object]) -> None:
        handlers.append(signal.getsignal(TERM))

    path = tmp_path / "tiny.lenet"
    path.write_text(SPEC)
    lenet.train(path, engine="local", epochs=1, watch=watch)
    assert signal.SIG_DFL not in handlers and signal.getsignal(TERM) is signal.SIG_DFL
