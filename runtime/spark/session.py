"""Spark sessions for the command line: one task an executor, with all of its threads."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import Popen
from traceback import walk_tb

from py4j.protocol import Py4JError
from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession

from lenet.compiler.jit.folders import cache_folder, cache_is_temporary
from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean
from lenet.runtime.machine.cores import available_cores, total_memory
from lenet.runtime.spark.class_archive import archive_options, drop_archive
from lenet.runtime.spark.failures import not_started, spark_errors, stopped
from lenet.runtime.spark.home import home_settings, name_user
from lenet.runtime.spark.java import ensure_java
from lenet.runtime.spark.launch import java

__all__ = ["DataFrame", "SparkSession", "active_session", "check_session", "end_session",
           "local_cores", "spark_errors", "start_session", "used_session"]  # fmt: skip


def local_cores(master: str) -> int | None:
    """The threads of a master such as local, local[4], local[*] or local[4,2]; None for others."""
    local = re.fullmatch(r"local(?:\[(\*|\d+)(?:,\d+)?\])?", master)
    if local is None:
        return None
    return available_cores() if local[1] == "*" else int(local[1] or 1)


def active_session() -> SparkSession | None:
    """The session that this thread works with already, if any; LenetError where Spark has stopped
    beneath it, and so would not start another."""
    found = SparkSession.getActiveSession()
    context = SparkContext._active_spark_context
    if found is None and context is not None:
        _check_context(context)
    return found


def _check_context(context: SparkContext) -> None:
    with spark_errors("the Spark session cannot be used"):
        if context._jsc is None or context._jsc.sc().isStopped():
            raise stopped()


def check_session(session: SparkSession) -> None:
    """LenetError for a session that has been stopped, and for one of Spark Connect, whose client
    cannot speak with the executors."""
    if not hasattr(session, "_jsparkSession"):
        raise LenetError(
            "a Spark Connect session cannot train",
            "The workers report to the driver over a socket, and a Connect client is no driver.",
            "run the program on the cluster with spark-submit, or with --master",
            "run the program on the cluster with spark-submit, or with master=",
        )
    _check_context(session.sparkContext)


def end_session(session: SparkSession) -> None:
    """Stop it, even where its Java process is gone already."""
    with suppress(Py4JError, ConnectionError):
        session.stop()


@contextmanager
def used_session(
    master: str, name: str, settings: Mapping[str, str] | None = None, thorough: bool = False
) -> Iterator[SparkSession]:
    """The session that lives already, if any, which is left alone; or one that ends with this."""
    given = active_session()
    session = given or start_session(master, name, settings=settings, thorough=thorough)
    try:
        yield session
    finally:
        if given is None:
            end_session(session)


def start_session(
    master: str = "local[*]",
    name: str = "lenet",
    data_bytes: int = 0,
    threads: int | None = None,
    settings: Mapping[str, str] | None = None,
    thorough: bool = False,
) -> SparkSession:
    """A session in which each task has all threads of its executor.

    In local mode the master says how many; elsewhere executors get `threads` cores, or as many
    as Spark's own configuration gives them.

    In local mode the images, `data_bytes` in all, pass through the driver's Java process, which
    holds them several times while it shuffles them. `settings` are Spark's own. With `thorough`,
    Java compiles what it does for long as well as it can.
    """
    ensure_java()
    name_user()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    chosen = _settings(master, name, data_bytes, threads, thorough) | dict(settings or {})
    try:
        return _start(chosen)
    except LenetError:
        started = SparkContext._gateway is not None
        if started or not drop_archive():
            raise
    # Java does not start with a damaged archive; what else kept it from starting does so again.
    chosen = _settings(master, name, data_bytes, threads, thorough) | dict(settings or {})
    return _start(chosen)


def _start(chosen: Mapping[str, str | int]) -> SparkSession:
    texts, words = {key: str(value) for key, value in chosen.items()}, ""
    try:
        with java(texts) as printed:
            try:
                return SparkSession.builder.config(map=dict(texts)).getOrCreate()
            except Exception:
                words = printed.last()
                raise
    except LenetError:
        raise
    except Exception as error:  # Spark raises anything here: from Java, py4j or Python
        _kill_launched(error)
        if isinstance(error.__context__, KeyboardInterrupt):  # it stumbled on its way out
            raise error.__context__ from None
        raise not_started(error, words, texts["spark.master"]) from None
    except BaseException as error:
        _kill_launched(error)
        raise


def _settings(
    master: str, name: str, data_bytes: int, threads: int | None, thorough: bool = False
) -> dict[str, str | int]:
    """Those of Spark's settings that a training needs; see `start_session`."""
    cores = local_cores(master)
    quiet = Path(__file__).with_name("log4j2.properties")
    java_options = f"-Dlog4j2.configurationFile={quiet.as_uri()}"
    chosen: dict[str, str | int] = {
        "spark.app.name": clean(name),
        "spark.ui.showConsoleProgress": "false",
        # Python's workers would look for modules in the working folder first: for Spark's, too.
        "spark.executorEnv.PYTHONSAFEPATH": "1",
        # After a lost executor the stage waits for another one: look for it every second.
        "spark.scheduler.barrier.maxConcurrentTasksCheck.interval": "1s",
        "spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures": 120,
        # A whole training is one stage, which may lose many executors in its time.
        "spark.stage.maxConsecutiveAttempts": 6,
        "spark.sql.execution.arrow.maxRecordsPerBatch": 4096,
    }
    if cores is not None:
        master = f"local[{cores}]"
        chosen["spark.task.cpus"] = cores
        chosen["spark.driver.host"] = chosen["spark.driver.bindAddress"] = "127.0.0.1"
        chosen["spark.driver.memory"] = f"{driver_memory(data_bytes)}m"
        if cache_is_temporary():  # one for all of them
            chosen["spark.executorEnv.LENET_CACHE"] = str(cache_folder())
        # Java's thorough compiler would take a part of the cores for the first seconds of the
        # training, for code that hands over the images once and then waits.
        java_options += archive_options()
        if not thorough:
            java_options += " -XX:TieredStopAtLevel=1"
    elif threads is not None:
        chosen["spark.executor.cores"] = chosen["spark.task.cpus"] = threads
    return chosen | {"spark.master": master, **home_settings(java_options)}


def driver_memory(data_bytes: int) -> int:
    """MiB for Java in local mode, where images pass through it and lie there several times. What
    is left of the machine, or of its container, is for Python; Spark starts with 450 at least."""
    wanted = max(1024, 512 + 4 * data_bytes // 2**20)
    most = total_memory() // 2**20 // 2
    return max(512, min(wanted, most)) if most else wanted


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
