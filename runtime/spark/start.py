"""The start of a session, from the launch of Java, which needs nothing of pyspark."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from lenet.dsl.errors import LenetError
from lenet.runtime.spark.class_archive import drop_archive
from lenet.runtime.spark.home import name_user
from lenet.runtime.spark.java import ensure_java
from lenet.runtime.spark.launch import Java, forget_java, has_java
from lenet.runtime.spark.settings import session_settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Wanted:
    """Of a session; see `start_session`. In local mode, Java gets so many MiB of `memory`."""

    master: str
    name: str
    memory: int
    threads: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    thorough: bool = False


class Start:
    """Of one session. Another thread may `end` it at any time."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self._java: Java | None = None
        self._settings: dict[str, str] = {}
        self._ended = False
        self._lock = Lock()

    def launch(self) -> None:
        """Start Java, unless this process has one; LenetError where there is none to be found."""
        ensure_java()
        name_user()
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        wanted = self.wanted
        with self._lock:
            if self._ended:
                raise LenetError("Spark is no longer wanted")
            self._settings = session_settings(
                wanted.master, wanted.name, wanted.memory, wanted.threads, wanted.thorough
            ) | dict(wanted.settings)
            try:
                self._java = None if has_java() else Java(self._settings)
            except OSError as error:  # of its temporary folder, or of the process
                raise LenetError("cannot start Java", error.strerror or str(error)) from None

    def session(self) -> "SparkSession":
        """What has begun with `launch`, to its end; LenetError where it fails."""
        try:
            return self._session()
        except LenetError:
            java = self._java
            if self._ended or java is None or not java.crashed or not drop_archive():
                raise
        # Java crashes on a damaged archive; if it was something else, it does so again.
        self.launch()
        return self._session()

    def _session(self) -> "SparkSession":
        from pyspark.sql import SparkSession

        java, settings = self._java, self._settings
        try:
            if java is not None:
                java.connect()
            session = SparkSession.builder.config(map=dict(settings)).getOrCreate()
        except LenetError:  # Java has ended at once
            self._forget()
            raise
        except Exception as error:  # Spark raises anything here: from Java, py4j or Python
            from lenet.runtime.spark.failures import not_started

            if isinstance(error.__context__, KeyboardInterrupt):  # it stumbled on its way out
                self._forget()
                raise error.__context__ from None
            words = java.words.last() if java is not None else ""
            told = not_started(error, words, settings["spark.master"])  # which may ask Java
            self._forget()
            raise told from None
        except BaseException:
            self._forget()
            raise
        if java is not None:
            java.words.let_through()
        return session

    def end(self) -> None:
        """Let nothing of it stay, wherever it is; the thread that waits for the session gets some
        error."""
        with self._lock:
            self._ended = True
        self._forget()

    def _forget(self) -> None:
        if self._java is not None:
            forget_java(self._java)
