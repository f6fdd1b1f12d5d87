"""Code that happens to lie in the working folder is not run, here or in other processes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyspark import cloudpickle

from compiler.helper import command_for
from runtime.bench import _compile_times
from runtime.spark import boot
from runtime.spark.ship import PACKAGES

ROOT = Path(__file__).parents[1]
# Ours, others that we use, and Python's own.
NAMES = (*PACKAGES, "lenet", "lark", "numba", "numpy", "pyspark", "json", "random", "hashlib")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder with packages and modules that leave a mark when they are imported."""
    folder = tmp_path / "hostile"
    for name in NAMES:
        (folder / name).mkdir(parents=True)
        text = f"open({str(tmp_path / 'mark')!r}, 'a').write({name + ' '!r})\n"
        (folder / name / "__init__.py").write_text(text)
        (folder / f"{name}.py").write_text(text)
    (folder / "net.lenet").write_text((ROOT / "specs" / "digits.lenet").read_text())
    return folder


def test_a_training_on_spark(hostile: Path) -> None:
    """With helpers that compile, since the cache is empty, and with Spark's workers."""
    command = [
        str(Path(sys.executable).with_name("lenet")), "train", "net.lenet", "--epochs", "1",
        "--master", "local[2]", "--json",
    ]  # fmt: skip
    environment = {**os.environ, "LENET_CACHE": str(hostile.parent / "cache")}
    done = subprocess.run(
        command, cwd=hostile, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1])["event"] == "done"
    assert not (hostile.parent / "mark").exists(), (hostile.parent / "mark").read_text()


def test_a_helper(hostile: Path) -> None:
    """It has read our own modules once it can tell that this source is none of its own."""
    (hostile / "kernels.py").write_text("")
    command = command_for(hostile / "kernels.py")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=hostile, env=environment, capture_output=True, text=True, timeout=60
    )
    assert "has been changed" in done.stderr and done.returncode == 1
    assert not (hostile.parent / "mark").exists()


def test_a_benchmark(hostile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose kernels other processes compile."""
    monkeypatch.chdir(hostile)
    (hostile / "net.lenet").write_text("input 3\nlinear 2\nlogsoftmax\n")
    assert _compile_times(["net.lenet"])["cold_seconds"] > 0
    assert not (hostile.parent / "mark").exists()


def test_an_executor(hostile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose path may begin with the working folder, or with files that a session ships."""
    monkeypatch.setattr(sys, "path", [str(hostile), *sys.path])
    monkeypatch.chdir(hostile)
    before = {name: sys.modules[name] for name in PACKAGES}
    for name in PACKAGES:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "runtime.spark.echo", SimpleNamespace(echo=lambda b, x: [x]))
    task = boot.boot("echo.echo", cloudpickle.dumps((5,)), str(ROOT), PACKAGES)
    assert list(task(iter(()))) == [5]
    for name in PACKAGES:
        assert sys.modules[name].__path__ == list(before[name].__path__)
    assert not (hostile.parent / "mark").exists()


def test_an_executor_that_has_loaded_others_of_the_same_name(
    hostile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a function of the user's that ran in it before: better no answer than another's."""
    theirs = SimpleNamespace(__file__=str(hostile / "runtime.py"))
    monkeypatch.setitem(sys.modules, "runtime", theirs)
    task = boot.boot("echo.echo", cloudpickle.dumps((5,)), str(ROOT), PACKAGES)
    with pytest.raises(ImportError, match=r"hidden by .* from .*hostile/runtime\.py: rename"):
        list(task(iter(())))
