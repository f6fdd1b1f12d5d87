"""Spark sessions for the command line: one task an executor, with all of its threads."""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import Popen
from traceback import walk_tb

from pyspark.sql import DataFrame, SparkSession

from dsl.errors import LenetError
from runtime.cores import available_cores
from runtime.spark.java import ensure_java

__all__ = ["DataFrame", "SparkSession", "active_session", "check_session", "local_cores",
           "start_session", "summary"]  # fmt: skip
_ROOT = str(Path(__file__).parents[2])


def local_cores(master: str) -> int | None:
    """The threads of a master such as local, local[4], local[*] or local[4,2]; None for others."""
    local = re.fullmatch(r"local(?:\[(\*|\d+)(?:,\d+)?\])?", master)
    if local is None:
        return None
    return available_cores() if local[1] == "*" else int(local[1] or 1)


def active_session() -> SparkSession | None:
    """The session that this thread works with already, if any."""
    return SparkSession.getActiveSession()


def check_session(session: SparkSession) -> None:
    """LenetError for a session of Spark Connect, whose client cannot speak with the executors."""
    if not hasattr(session, "_jsparkSession"):
        raise LenetError(
            "a Spark Connect session cannot train",
            "The workers report to the driver over a socket, and a Connect client is no driver.",
            "run the program on the cluster with spark-submit, or with --master",
            "run the program on the cluster with spark-submit, or with master=",
        )


def start_session(
    master: str = "local[*]",
    name: str = "lenet",
    data_bytes: int = 0,
    threads: int | None = None,
    settings: Mapping[str, str] | None = None,
) -> SparkSession:
    """A session in which each task has all threads of its executor.

    In local mode the master says how many; elsewhere executors get `threads` cores, or as many
    as Spark's own configuration gives them.

    In local mode the images, `data_bytes` in all, pass through the driver's Java process, which
    holds them several times while it shuffles them. `settings` are Spark's own.
    """
    ensure_java()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName(name)
    cores = local_cores(master)
    if cores is not None:
        # Python workers find these packages where this process found them; elsewhere they are
        # shipped (runtime/spark/ship.py).
        paths = [_ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]
        os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
        master = f"local[{cores}]"
        builder = builder.config("spark.task.cpus", cores).config("spark.driver.host", "127.0.0.1")
        builder = builder.config("spark.driver.bindAddress", "127.0.0.1")
        memory = max(1024, 512 + 4 * data_bytes // 2**20)
        builder = builder.config("spark.driver.memory", f"{memory}m")
    elif threads is not None:
        builder = builder.config("spark.executor.cores", threads)
        builder = builder.config("spark.task.cpus", threads)
    quiet = Path(__file__).with_name("log4j2.properties")
    java_options = f"-Dlog4j2.configurationFile={quiet.as_uri()}"
    if cores is not None:
        # Java's thorough compiler would take a part of the cores for the first seconds of the
        # training, for code that hands over the images once and then waits.
        java_options += " -XX:TieredStopAtLevel=1"
    builder = (
        builder.master(master)
        .config("spark.driver.extraJavaOptions", java_options)
        .config("spark.ui.showConsoleProgress", "false")
        # After a lost executor the stage waits for another one: look for it every second.
        .config("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s")
        .config("spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "120")
        # A whole training is one stage, which may lose many executors in its time.
        .config("spark.stage.maxConsecutiveAttempts", "6")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "4096")
    )
    for key, value in (settings or {}).items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except Exception as error:  # Spark raises anything here: from Java, py4j or Python
        _kill_launched(error)
        if isinstance(error.__context__, KeyboardInterrupt):  # it stumbled on its way out
            raise KeyboardInterrupt from None
        raise LenetError(
            "Spark did not start",
            f"The master is {master}. {summary(error)}",
            "check --master and JAVA_HOME, or use --engine local",
            'check master= and JAVA_HOME, or use engine="local"',
        ) from None
    except BaseException as error:
        _kill_launched(error)
        raise


def _kill_launched(error: BaseException) -> None:
    """Kill the Java process that pyspark was launching when Ctrl-C came.

    Java would find nobody to report its port to, print an exception and stay for ever. Only
    pyspark's own function knows the process until Java answers; later it ends with this one.
    """
    launching = False
    for frame, _ in walk_tb(error.__traceback__):
        launching |= frame.f_globals.get("__name__") == "pyspark.java_gateway"
        for process in frame.f_locals.values() if launching else ():
            if isinstance(process, Popen) and process.pid:
                process.kill()
                process.wait()


def summary(error: BaseException) -> str:
    """The line of a Java or Python error that says what happened."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    lines = [line for line in lines if not line.endswith("Traceback (most recent call last):")]
    telling = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b:? ", line)]
    return (telling or lines or [type(error).__name__])[-1 if telling else 0][:500]
