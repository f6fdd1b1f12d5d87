"""Sessions with executors of their own, each in a process apart from the tests."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def spark_home(folder: Path) -> Path:
    """pip's Spark, where a local cluster may write its folder `work`."""
    import pyspark

    home = folder / "spark"
    home.mkdir()
    for path in Path(pyspark.__file__).parent.iterdir():
        (home / path.name).symlink_to(path)
    return home


def strange_python(folder: Path) -> Path:
    """A Python that finds the dependencies, but none of our packages."""
    site = next(Path(p) for p in sys.path if p.endswith("site-packages"))
    path = folder / "python-without-lenet"
    base = Path(sys.executable).resolve()
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{site}:$PYTHONPATH" exec "{base}" "$@"\n')
    path.chmod(0o755)
    return path


def environment(folder: Path) -> dict[str, str]:
    """Of driver and executors; temporary files lie in `folder`, so that none are left elsewhere."""
    (folder / "tmp").mkdir(exist_ok=True)
    local = {
        "SPARK_HOME": str(spark_home(folder)), "PYSPARK_PYTHON": str(strange_python(folder)),
        "TMPDIR": str(folder / "tmp"), "SPARK_LOCAL_DIRS": str(folder / "tmp"),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }  # fmt: skip
    # These short lives are over before the second compiler's work pays.
    java = f"-XX:TieredStopAtLevel=1 -Djava.io.tmpdir={folder / 'tmp'}"
    return {**os.environ, **local, "JAVA_TOOL_OPTIONS": java}


@contextmanager
def driver(folder: Path, env: dict[str, str], *arguments: str) -> Iterator["Driver"]:
    """A driver that trains as `arguments` tell it to; see tests/support/on_cluster.py."""
    command = [sys.executable, str(ROOT / "tests" / "support" / "on_cluster.py"), *arguments]
    log = (folder / "driver.log").open("w")
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=env,
        cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    try:
        yield Driver(process, folder / "driver.log")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def standalone(folder: Path, env: dict[str, str], workers: int) -> Iterator[str]:
    """A standalone master with workers of one core; its URL."""
    port = _free_port()
    url = f"spark://127.0.0.1:{port}"
    start = [f"{env['SPARK_HOME']}/bin/spark-class", "org.apache.spark.deploy.{0}.{1}"]
    parts = [("master", "Master", ["--host", "127.0.0.1", "--port", str(port)])]
    for number in range(workers):
        work = ["--cores", "1", "--memory", "1g", "--host", "127.0.0.1",
                "--work-dir", str(folder / f"work{number}"), url]  # fmt: skip
        parts.append(("worker", "Worker", work))
    log = (folder / "standalone.log").open("w")
    processes = []
    try:
        for package, name, arguments in parts:
            command = [start[0], start[1].format(package, name), "--webui-port", "0", *arguments]
            made = subprocess.Popen(
                command, env=env, stdout=log, stderr=log, start_new_session=True
            )
            processes.append(made)
        yield url
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Driver:
    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self.process, self.log = process, log

    def events(self) -> Iterator[dict[str, Any]]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            yield json.loads(line)

    def train(self, **options: Any) -> Iterator[dict[str, Any]]:
        """Events as they come; the last one has `digest`, or `error`."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(options) + "\n")
        self.process.stdin.flush()
        for event in self.events():
            yield event
            if event["event"] in ("done", "error"):
                return
        raise AssertionError(self.log.read_text()[-3000:])

    def digest(self, **options: Any) -> str:
        *_, last = self.train(**options)
        assert last["event"] == "done", (last, self.log.read_text()[-3000:])
        return str(last["digest"])


def processes_of(folder: Path) -> list[str]:
    """Command lines of processes that were started with the environment of `folder`."""
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or process.name == str(os.getpid()):
            continue
        try:
            if f"SPARK_HOME={folder}/".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found
