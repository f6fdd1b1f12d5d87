"""Code that happens to lie in the working folder is not run, here or in other processes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyspark import cloudpickle

from lenet.compiler.jit.compile_workers import command_for
from lenet.runtime.bench import _compile_times
from lenet.runtime.spark import boot

ROOT = Path(__file__).parents[2]
# Ours, others that we use, and Python's own.
OURS = ("dsl", "compiler", "runtime")  # folders of ours, whose names others use, too
NAMES = (*OURS, "lenet", "lark", "numba", "numpy", "pyspark", "json", "random", "hashlib")


def folder_of(names: Iterable[str], tmp_path: Path) -> Path:
    """One with packages and modules that leave a mark when they are imported."""
    folder = tmp_path / "hostile"
    for name in names:
        (folder / name).mkdir(parents=True)
        text = f"open({str(tmp_path / 'mark')!r}, 'a').write({name + ' '!r})\n"
        (folder / name / "__init__.py").write_text(text)
        (folder / f"{name}.py").write_text(text)
    (folder / "net.lenet").write_text((ROOT / "specs" / "digits.lenet").read_text())
    return folder


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    return folder_of(NAMES, tmp_path)


def test_a_program_beside_packages_of_such_names(tmp_path: Path) -> None:
    """Whose own folder comes first on its path."""
    folder = folder_of(OURS, tmp_path)
    (folder / "mine.py").write_text(
        "import lenet\n"
        "if __name__ == '__main__':\n"
        "    model = lenet.train('net.lenet', epochs=1, engine='local', progress=False)\n"
        "    print(model.digest)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LENET_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "mine.py"], cwd=folder, env=environment, capture_output=True, text=True,
        timeout=300,
    )  # fmt: skip
    assert done.returncode == 0 and len(done.stdout) > 16, done.stderr[-3000:]
    assert not (tmp_path / "mark").exists(), (tmp_path / "mark").read_text()


@pytest.mark.large
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
    monkeypatch.delitem(sys.modules, "lenet")
    echo = SimpleNamespace(echo=lambda batches, argument: [argument])
    monkeypatch.setitem(sys.modules, "lenet.runtime.spark.echo", echo)
    task = boot.boot("echo.echo", cloudpickle.dumps((5,)), str(ROOT))
    assert list(task(iter(()))) == [5]
    assert sys.modules["lenet"].__path__ == [str(ROOT / "lenet")]
    assert not (hostile.parent / "mark").exists()


def test_an_executor_that_has_loaded_others_of_the_same_name(
    hostile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a function of the user's that ran in it before: better no answer than another's."""
    theirs = SimpleNamespace(__file__=str(hostile / "lenet.py"))
    monkeypatch.setitem(sys.modules, "lenet", theirs)
    task = boot.boot("echo.echo", cloudpickle.dumps((5,)), str(ROOT))
    with pytest.raises(ImportError, match=r"hidden by .* from .*hostile/lenet\.py: rename"):
        list(task(iter(())))
