"""Starts Spark's Java process, so that what it prints when it cannot start becomes a message, and
so that what ends this process leaves Java the time for a last checkpoint."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread

from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkRuntimeError
from pyspark.java_gateway import launch_gateway

from lenet.compiler.jit.forks import renewed
from lenet.runtime.spark.failures import java_ended

_LAST_WORDS = 10.0  # seconds until all that the ended process has printed is here
_CONNECT = ("SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED")
_STANDARD_ERROR = 2


@contextmanager
def java(settings: Mapping[str, str]) -> "Iterator[Words]":
    """Start the process that all sessions of this one share, unless it runs; LenetError where it
    ends at once. What it prints is held back until the block ends, and dropped where that fails."""
    words = Words()
    try:
        if SparkContext._gateway is None and not any(map(os.environ.get, _CONNECT)):
            _launch(settings, words)
        words.close()
        yield words
        words.let_through()
    finally:
        words.close()
        words.drop()


def _launch(settings: Mapping[str, str], words: "Words") -> None:
    conf = SparkConf(loadDefaults=False).setAll(list(settings.items()))
    try:
        # In a session of its own, signals to this process's group do not reach it: it ends when
        # its input is closed, that is, when this process has ended.
        options = {"stderr": words.sink, "start_new_session": True}
        gateway = launch_gateway(conf, options)
    except PySparkRuntimeError as error:
        if error.getCondition() != "JAVA_GATEWAY_EXITED":
            raise
        raise java_ended(words.all(), settings.get("spark.master", "")) from None
    SparkContext._ensure_initialized(gateway=gateway)
    if not settings.get("spark.master", "").startswith("local-cluster"):  # ends executors by them
        for name in ("TERM", "HUP"):  # systemd and Slurm send them to each process of a job
            signals = gateway.jvm.sun.misc
            signals.Signal.handle(signals.Signal(name), signals.SignalHandler.SIG_IGN)


class Words:
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
        return self.last()

    def last(self) -> str:
        """What a process has printed that may have ended just now."""
        self._ended.wait(1.0)
        with self._lock:
            return b"".join(self._held).decode(errors="replace")

    def let_through(self) -> None:
        """What has been held, and all that will come."""
        with self._lock:
            self._show(b"".join(self._held))
        self.drop()

    def drop(self) -> None:
        """What has been held; what will come goes through."""
        with self._lock:
            self._through = True
            self._held = []

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
