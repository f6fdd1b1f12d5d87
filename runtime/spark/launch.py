"""Starts Spark's Java process, so that what it prints when it cannot start becomes a message."""

import os
from collections.abc import Mapping
from contextlib import suppress
from threading import Event, Lock, Thread

from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkRuntimeError
from pyspark.java_gateway import launch_gateway

from compiler.forks import renewed
from runtime.spark.failures import java_ended

_LAST_WORDS = 10.0  # seconds until all that the ended process has printed is here
_CONNECT = ("SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED")
_STANDARD_ERROR = 2


def ensure_java_runs(settings: Mapping[str, str]) -> None:
    """Start the process that all sessions of this one share, unless it runs; LenetError where it
    ends at once."""
    if SparkContext._gateway is not None or any(os.environ.get(name) for name in _CONNECT):
        return
    conf = SparkConf(loadDefaults=False).setAll(list(settings.items()))
    words = _Words()
    try:
        gateway = launch_gateway(conf, {"stderr": words.sink})
    except PySparkRuntimeError as error:
        if error.getCondition() != "JAVA_GATEWAY_EXITED":
            raise
        raise java_ended(words.all(), settings.get("spark.master", "")) from None
    finally:
        words.close()
    words.let_through()
    SparkContext._ensure_initialized(gateway=gateway)


class _Words:
    """What a process prints to standard error: held back at first, and then let through."""

    def __init__(self) -> None:
        self._source, self.sink = os.pipe()
        self._held: list[bytes] = []
        self._through = False
        self._lock = Lock()
        self._ended = Event()
        Thread(target=self._read, daemon=True, name="lenet java").start()
        renewed(self)

    def renew(self) -> None:
        """In a child: Java is to find nobody there when its own Python has gone."""
        if not self._ended.is_set():
            os.close(self._source)

    def close(self) -> None:
        """The sink, which Java has now."""
        if self.sink >= 0:
            os.close(self.sink)
            self.sink = -1

    def all(self) -> str:
        """What a process that has ended has printed."""
        self.close()
        self._ended.wait(_LAST_WORDS)
        return b"".join(self._held).decode(errors="replace")

    def let_through(self) -> None:
        with self._lock:
            self._through = True
            self._show(b"".join(self._held))

    def _read(self) -> None:
        while data := os.read(self._source, 2**16):
            with self._lock:
                if self._through:
                    self._show(data)
                else:
                    self._held.append(data)
        self._ended.set()
        os.close(self._source)

    def _show(self, data: bytes) -> None:
        with suppress(OSError):  # a process may have no standard error
            os.write(_STANDARD_ERROR, data)
