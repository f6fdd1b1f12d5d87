"""Spark's Java process: started as early as somebody knows that it is wanted, connected when it is
needed. What it prints when it cannot start becomes a message, and what ends this process leaves
Java the time for a last checkpoint.

pyspark would start it, too, but only once it has been imported itself, and where nobody but a
function of it knows the process until Java answers.
"""

import os
import shlex
import shutil
import signal
import struct
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE, Popen
from threading import Event, Lock, Thread

from lenet.compiler.jit.forks import renewed
from lenet.runtime.spark.installed import spark_home

_LAST_WORDS = 10.0  # seconds until all that the ended process has printed is here
_POLL = 0.01
_CONNECT = ("SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED")
_PORT, _SECRET = "PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET"
_STANDARD_ERROR = 2
_CRASHES = [-number for number in (signal.SIGABRT, signal.SIGBUS, signal.SIGSEGV)]
_SHORT = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # for a Java that does not live long
# Ctrl-C is for Python, which then wants a last checkpoint: what is ignored stays so.
_DEAF = ("/bin/sh", "-c", 'trap "" INT; exec "$0" "$@"')


def has_java() -> bool:
    """Whether sessions of this process have a Java process already, or want none of ours: that of
    Spark Connect or of `spark-submit`."""
    if any(map(os.environ.get, (*_CONNECT, _PORT))):
        return True
    core = sys.modules.get("pyspark.core.context")  # nobody has one without it
    return core is not None and core.SparkContext._gateway is not None


class Java:
    """The process that all sessions of this one share. The `words` that it prints are held back
    until somebody lets them through."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.connected = False
        self.master = settings.get("spark.master", "")
        self.words = Words()
        # Java writes there whom to call.
        self._folder = Path(tempfile.mkdtemp(prefix="lenet-java-"))
        self._said = self._folder / "port"
        command = [*_DEAF, str(Path(spark_home(), "bin", "spark-submit"))]
        for key, value in settings.items():
            command += ["--conf", f"{key}={value}"]
        command += shlex.split(os.environ.get("PYSPARK_SUBMIT_ARGS", "pyspark-shell"))
        variables = {"SPARK_CONNECT_MODE": "0", "_PYSPARK_DRIVER_CONN_INFO_PATH": str(self._said)}
        # A first Java finds out how the other one is to be started, and ends.
        variables["SPARK_LAUNCHER_OPTS"] = os.environ.get("SPARK_LAUNCHER_OPTS", _SHORT)
        # In a session of its own, signals to this process's group do not reach it: it ends when
        # its input is closed, that is, when this process has ended.
        self.process = Popen(
            command, stdin=PIPE, stderr=self.words.sink, env={**os.environ, **variables},
            start_new_session=True,
        )  # fmt: skip
        self.words.close()

    def connect(self) -> None:
        """Make it the one of pyspark's sessions; LenetError where it ends at once."""
        from pyspark import SparkContext
        from pyspark.java_gateway import launch_gateway

        port, secret = self._answer()
        # As where spark-submit has started Java before Python.
        variables = {_PORT: str(port), _SECRET: secret}
        os.environ.update(variables)
        try:
            gateway = launch_gateway()
        finally:
            for name in variables:
                del os.environ[name]
        gateway.proc = self.process
        SparkContext._ensure_initialized(gateway=gateway)
        self.connected = True
        if not self.master.startswith("local-cluster"):  # ends executors by them
            for name in ("TERM", "HUP"):  # systemd and Slurm send them to each process of a job
                signals = gateway.jvm.sun.misc
                signals.Signal.handle(signals.Signal(name), signals.SignalHandler.SIG_IGN)

    def _answer(self) -> tuple[int, str]:
        """The port at which Java listens, and the secret of who may call."""
        while not self._said.exists():
            if self.process.poll() is not None:
                from lenet.runtime.spark.failures import java_ended

                self._clear()
                raise java_ended(self.words.all(), self.master)
            time.sleep(_POLL)
        data = self._said.read_bytes()  # the port, the secret's length, and the secret
        self._clear()
        return struct.unpack_from(">i", data)[0], data[8:].decode()

    @property
    def crashed(self) -> bool:
        """Whether it has ended by an error of its own, and not because it, or somebody, wanted."""
        return self.process.returncode in _CRASHES

    def end(self) -> None:
        """Kill it, and whoever launches it; or have it end by itself, where it may have begun to
        write files."""
        assert self.process.stdin is not None
        if self.connected:
            self.process.stdin.close()
        elif self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.words.drop()
        self._clear()

    def _clear(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def forget_java(java: Java) -> None:
    """End a process that sessions may be connected with: the next one gets another."""
    java.end()
    if not java.connected:
        return
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    if gateway is not None and gateway.proc is java.process:
        with suppress(Exception):  # py4j raises anything where Java is gone
            gateway.shutdown()
        SparkContext._gateway = SparkContext._jvm = None


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
