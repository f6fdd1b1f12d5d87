"""A session that starts while other things are done: the net is compiled, and the data are read."""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING

from lenet.runtime.options import Options
from lenet.runtime.spark.launch import has_java
from lenet.runtime.spark.settings import driver_memory, is_ours, local_cores, memory_ahead
from lenet.runtime.spark.start import Start, Wanted
from lenet.runtime.spark.workers_ahead import WorkersAhead

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from lenet.dsl.graph import Graph

_PATIENCE = 10.0  # seconds for the thread whose Java has been killed


@contextmanager
def session_ahead(
    name: str, options: Options, settings: Mapping[str, str] | None = None
) -> "Iterator[Ahead | None]":
    """Inside, the session starts for a run of this name and with these settings of Spark's, where
    it will want one of its own; what nobody has taken by the end is ended. None where a session
    lives already, or Java does: then it is a matter of a moment."""
    if options.engine == "local" or options.spark is not None or has_java():
        yield None
        return
    wanted = Wanted(options.master, name, memory_ahead(), options.threads, settings or {})
    ahead = Ahead(wanted)
    try:
        yield ahead
    finally:
        ahead.end()


class Ahead:
    """What is there of the session, and the thread that starts it."""

    def __init__(self, wanted: Wanted) -> None:
        self.began = time.perf_counter()
        self._workers: WorkersAhead | None = None
        cores = local_cores(wanted.master) if is_ours(wanted.master) else None
        if cores is not None and os.environ.get("PYSPARK_PYTHON") in (None, sys.executable):
            self._workers = WorkersAhead(cores)
            place = {"spark.executorEnv.LENET_WORKERS": self._workers.place}
            wanted = replace(wanted, settings={**place, **wanted.settings})
        self._start, self._taken = Start(wanted), False
        self._future: Future[SparkSession] = Future()
        self._thread = Thread(target=self._run, daemon=True, name="lenet spark")
        try:
            self._start.launch()
        except Exception as error:  # raised where the session is taken
            self._future.set_exception(error)
        else:
            self._thread.start()

    def _run(self) -> None:
        try:
            self._future.set_result(self._start.session())
        except BaseException as error:  # raised where the session is taken
            self._future.set_exception(error)

    def tell(self, graph: "Graph", dtype: str) -> None:
        """Which net is to be trained, with images of which numbers."""
        if self._workers is not None:
            self._workers.tell(graph, dtype)

    def take(self, data_bytes: int) -> "SparkSession":
        """The session, which the caller is to end; LenetError where it could not be started. Where
        the data turn out to need more memory than Java was given, it is another one."""
        wanted, memory = self._start.wanted, driver_memory(data_bytes)
        if local_cores(wanted.master) is not None and memory > wanted.memory:
            self.end()
            self._taken = True
            start = Start(replace(wanted, memory=memory))
            start.launch()
            return start.session()
        session = self._future.result()
        self._taken = True
        return session

    def give_back(self, session: "SparkSession") -> None:
        """End what was taken, while other things are done; `end` waits for it."""
        from lenet.runtime.spark.session import end_session

        self._thread = Thread(target=end_session, args=(session,), daemon=True)
        self._thread.start()

    def end(self) -> None:
        """End what nobody has taken, and wait for the end of what was given back."""
        try:
            self._end()
        finally:
            if self._workers is not None:
                self._workers.end()

    def _end(self) -> None:
        if self._taken:
            self._thread.join()
            return
        if not self._future.done():
            self._start.end()
        if self._thread.ident is not None:
            self._thread.join(_PATIENCE)
        if self._future.done() and self._future.exception() is None:
            from lenet.runtime.spark.session import end_session

            end_session(self._future.result())
            self._start.end()
