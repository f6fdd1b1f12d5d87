"""The lock of a run's folder: who holds it, who may take it, and that there is never a second."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from lenet.dsl.errors import LenetError
from lenet.runtime.records import run_lock
from lenet.runtime.records.run_lock import Lock

HOLD = """
import sys, time
from pathlib import Path
from lenet.runtime.records.run_lock import Lock
lock = Lock(Path(sys.argv[1]))
print(lock.path.read_text(), flush=True)
time.sleep(60)
"""


def held_by(folder: Path, **changes: Any) -> Path:
    """A lock such as another process has left there."""
    lock = Lock(folder)
    about = {**json.loads(lock.text), **changes}
    path = lock.path
    lock.release()
    path.write_text(json.dumps(about))
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def refusal(folder: Path) -> LenetError:
    with pytest.raises(LenetError, match="a run is being written into") as caught:
        Lock(folder)
    return caught.value


def test_it_is_there_while_it_is_held(tmp_path: Path) -> None:
    lock = Lock(tmp_path)
    assert names(tmp_path) == ["run.lock.1"] and lock.held()
    assert f"Process {os.getpid()} on " in refusal(tmp_path).detail
    lock.release()
    assert not names(tmp_path)
    lock.release()


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    """At once, and even before its parent has looked after it."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert process.stdout is not None
    about = json.loads(process.stdout.readline())
    detail = refusal(tmp_path).detail
    assert f"Process {process.pid} on {about['host']} holds it, since {about['since']}." in detail
    process.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    lock = Lock(tmp_path)
    process.communicate()
    assert names(tmp_path) == ["run.lock.2"]
    lock.release()


def test_a_later_process_of_the_same_number_does_not_count(tmp_path: Path) -> None:
    held_by(tmp_path, started="1")
    Lock(tmp_path).release()
    assert not names(tmp_path)


@pytest.mark.parametrize("seconds", [0, 50, 70])
def test_another_machine_is_known_by_its_signs_of_life(tmp_path: Path, seconds: int) -> None:
    """Whatever its clock, and this machine's: the file system's counts."""
    path = held_by(tmp_path, machine="another", host="node7", process=os.getpid())
    before = path.stat().st_mtime - seconds
    os.utime(path, (before, before))
    if seconds < run_lock._SILENT:
        detail = refusal(tmp_path).detail
        assert "on node7 holds it" in detail and "free 60 s after its last sign of life" in detail
        assert names(tmp_path) == ["run.lock.1"]
    else:
        Lock(tmp_path).release()
        assert not names(tmp_path)


def test_the_clock_is_that_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = held_by(tmp_path, machine="another")
    monkeypatch.setattr(run_lock, "_clock", lambda folder: path.stat().st_mtime + 61)
    Lock(tmp_path).release()


def test_one_that_is_being_written_counts(tmp_path: Path) -> None:
    (tmp_path / "run.lock.1").write_text("")
    assert refusal(tmp_path).detail.startswith("Another process holds it.")
    (tmp_path / "run.lock.1").write_bytes(b"\xff")
    refusal(tmp_path)


def test_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_lock, "_BEAT", 0.01)
    lock = Lock(tmp_path)
    os.utime(lock.path, (0, 0))
    for _ in range(1000):
        if lock.path.stat().st_mtime > 1:
            break
        threading.Event().wait(0.01)
    assert lock.path.stat().st_mtime > 1
    lock.release()


def test_a_run_that_has_lost_its_folder_knows(tmp_path: Path) -> None:
    """And leaves the lock of the one that has taken it."""
    lock = Lock(tmp_path)
    lock.path.unlink()
    assert not lock.held()
    other = Lock(tmp_path)
    lock.release()
    assert other.held()
    other.release()


def test_a_child_does_not_release_it(tmp_path: Path) -> None:
    lock = Lock(tmp_path)
    child = os.fork()
    if child == 0:
        lock.release()
        os._exit(0)
    os.waitpid(child, 0)
    assert lock.held()
    lock.release()


@pytest.mark.parametrize("dead", [False, True])
def test_one_of_many_at_once_gets_it(tmp_path: Path, dead: bool) -> None:
    for turn in range(30):
        folder = tmp_path / str(turn)
        folder.mkdir()
        if dead:
            held_by(folder, started="1")
        barrier, got = threading.Barrier(8), []

        def take(folder: Path = folder, barrier: threading.Barrier = barrier,
                 got: list[Lock] = got) -> None:  # fmt: skip
            barrier.wait()
            try:
                got.append(Lock(folder))
            except LenetError:
                return

        threads = [threading.Thread(target=take) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(got) == 1 and got[0].held() and len(names(folder)) == 1
        got[0].release()
