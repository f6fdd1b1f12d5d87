"""Where an executor unpacks the package."""

import os
import stat
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pyspark
import pytest
from pyspark import cloudpickle

from lenet.runtime.spark import boot


@pytest.fixture
def executor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With an archive, and a folder of the session's."""
    root = tmp_path / "session"
    root.mkdir()
    with zipfile.ZipFile(root / "lenet-abc.zip", "w") as file:
        file.writestr("marker.py", "")
        file.writestr("lenet/__init__.py", "")
    files = SimpleNamespace(get=lambda name: str(root / name), getRootDirectory=lambda: str(root))
    monkeypatch.setattr(pyspark, "SparkFiles", files)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("LENET_CACHE", "")  # so that it is restored
    monkeypatch.delenv("LENET_CACHE")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "lenet")
    echo = SimpleNamespace(echo=lambda batches, argument: [argument])
    monkeypatch.setitem(sys.modules, "lenet.runtime.spark.echo", echo)
    return tmp_path


def unpacked() -> Path:
    sys.modules.pop("lenet", None)  # as in another executor
    task = boot.boot("echo.echo", cloudpickle.dumps((5,)), "lenet-abc.zip")
    assert list(task(iter(()))) == [5]
    place = Path(sys.modules["lenet"].__path__[0]).parent
    assert (place / "marker.py").is_file() and place.parent.name == "code"
    cache = place.parents[1]
    assert os.environ["LENET_CACHE"] == str(cache)
    for folder in (cache, place.parent):
        assert not folder.stat().st_mode & 0o022
    return cache


@pytest.mark.parametrize("variable", ["", "LENET_CACHE", "XDG_CACHE_HOME"])
def test_the_cache_is_private(
    executor: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    if variable:
        monkeypatch.setenv(variable, str(executor / "chosen"))
    place = {"": "home/.cache/lenet", "LENET_CACHE": "chosen", "XDG_CACHE_HOME": "chosen/lenet"}
    assert unpacked() == executor / place[variable]
    assert stat.S_IMODE((executor / place[variable]).stat().st_mode) == 0o700
    assert unpacked() == executor / place[variable]  # a second task finds it


def test_a_link_is_a_cache(executor: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (executor / "link").symlink_to(executor / "real")
    monkeypatch.setenv("LENET_CACHE", str(executor / "link"))
    assert unpacked() == executor / "link"


@pytest.mark.parametrize("inner", ["", "code"])
def test_a_cache_that_others_can_write_is_refused(
    executor: Path, capfd: pytest.CaptureFixture[str], inner: str
) -> None:
    cache = executor / "home" / ".cache" / "lenet"
    (cache / "code").mkdir(parents=True, mode=0o700)
    (cache / inner).chmod(0o777)
    assert unpacked() == executor / "session" / "lenet"
    (line,) = capfd.readouterr().err.splitlines()
    assert "mode 0777" in line and f"chmod -R go-w {cache / inner}" in line


@pytest.mark.parametrize("home", ["/dev/null", "gone"])
def test_without_a_home_it_is_the_sessions_folder(
    executor: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    if home == "gone":
        monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.setenv("HOME", home)
    assert unpacked() == executor / "session" / "lenet"
    assert not list(Path.cwd().glob("~*"))
