"""Spark sessions for the command line: one task an executor, with all of its threads."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from py4j.protocol import Py4JError
from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession

from lenet.dsl.errors import LenetError
from lenet.runtime.spark.failures import spark_errors, stopped
from lenet.runtime.spark.settings import driver_memory, local_cores
from lenet.runtime.spark.start import Start, Wanted

__all__ = ["DataFrame", "SparkSession", "active_session", "check_session", "end_session",
           "local_cores", "spark_errors", "start_session", "used_session"]  # fmt: skip


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
    memory = driver_memory(data_bytes)
    start = Start(Wanted(master, name, memory, threads, settings or {}, thorough))
    start.launch()
    return start.session()
