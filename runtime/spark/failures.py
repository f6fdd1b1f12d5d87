"""What Spark, Java and py4j raise, as one message that says what to do."""

import logging
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from py4j.protocol import Py4JError, Py4JJavaError, Py4JNetworkError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from lenet.dsl.errors import LenetError

T = TypeVar("T")
_PACKAGES = {"PIL": "pillow", "sklearn": "scikit-learn"}  # whose modules have other names


def spark_error(
    error: BaseException, title: str, session: SparkSession | None = None
) -> LenetError:
    """The cause with its cure where it is one of those known here, else `title` with the line that
    says most."""
    return known_cause(error, session) or LenetError(title, summary(error))


@contextmanager
def spark_errors(title: str, session: SparkSession | None = None) -> Iterator[None]:
    """Turn whatever Spark raises inside into a LenetError."""

    def is_no_trace(record: logging.LogRecord) -> bool:
        """py4j logs what it raises as well, with its trace, where Java is gone."""
        return "py4j" not in record.pathname

    logging.root.addFilter(is_no_trace)
    gone = False
    try:
        yield
    except (Py4JError, PySparkException, ConnectionError) as error:
        # Then py4j goes on to log whenever Python clears away an object that Java had.
        gone = isinstance(error, Py4JNetworkError | ConnectionError)
        raise spark_error(error, title, session) from None
    finally:
        if not gone:
            logging.root.removeFilter(is_no_trace)


def run_action(session: SparkSession, action: Callable[[], T]) -> T:
    """What Spark gives when it reads data, or what went wrong in one line."""
    try:
        return action()
    except LenetError:
        raise
    except Exception as error:  # anything from Java, py4j or a task
        raise spark_error(error, "Spark could not read the data", session) from None


def known_cause(error: BaseException, session: SparkSession | None = None) -> LenetError | None:
    """None for anything unforeseen."""
    return of_python(error, session) or of_session(error) or _of_start(_text(error))


def of_python(error: BaseException, session: SparkSession | None) -> LenetError | None:
    """Where the executors' Python is not one that can do the work."""
    text, python = _text(error), _python_of(session)
    if found := re.search(r'Cannot run program "([^"]+)".*?error[=:] ?(\d+)', text, re.DOTALL):
        return _cannot_run(found[1], found[2])
    if found := re.search(r"worker has different version: (\S+) than .*? (\d+\.\d+)", text):
        return LenetError(
            "the executors' Python is of another version",
            f"It is {python}, Python {found[1]}; the driver's is {found[2]}.",
            _another_python(),
        )
    if "reading the port number from" in text:  # pyspark.daemon's stdout, or lenet_workers'
        detail = f"It is {python}; what it said stands in the executor's log."
        return LenetError("the executors' Python ends at once", detail, _another_python())
    if found := re.search(r"No module named '?([\w.]+)|PACKAGE_NOT_INSTALLED\] (\w+)", text):
        return _lacks(found[1] or found[2].lower(), python)
    return None


def of_session(error: BaseException) -> LenetError | None:
    """Where the session has come to its end."""
    text = _text(error)
    if "stopped SparkContext" in text or re.search(
        r"SparkContext (was|has been) (shut|stop)", text
    ):
        return stopped()
    gone = r"Answer from Java side is empty|Error while (sending|receiv)|Connection (refused|reset)"
    of_java = isinstance(error, Py4JJavaError)  # which is there, and tells of another connection
    if isinstance(error, Py4JError | ConnectionError) and not of_java and re.search(gone, text):
        return LenetError(
            "Spark's Java process is gone",
            "It was killed, perhaps for its memory, or has crashed.",
            "start this program again, with more memory if that was the reason",
        )
    return None


def stopped() -> LenetError:
    """For a session that nothing can be done with any more."""
    return LenetError(
        "the Spark session has been stopped",
        "",
        "call its stop(), and then start another with SparkSession.builder.getOrCreate()",
    )


def not_started(error: BaseException, words: str, master: str) -> LenetError:
    """For a session; `words` are what Java has printed meanwhile."""
    known = _of_start(words) or known_cause(error)
    return known or LenetError(
        "Spark did not start",
        f"The master is {master}. {summary(error)}",
        "check --master, JAVA_HOME and spark-defaults.conf, or try `--engine local`",
        'check master=, JAVA_HOME and spark-defaults.conf, or try engine="local"',
    )


def java_ended(words: str, master: str) -> LenetError:
    """`words` are what Java, or the script that starts it, has printed."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java") or "java"
    said = _telling(words)
    if known := _of_start(words):
        return known
    if "aster" in said:
        detail = f"The master is {master}. {said}"
        return LenetError(
            "Spark did not start",
            detail,
            "check --master, or try `--engine local`",
            'check master=, or try engine="local"',
        )
    look = f"see whether `{java} -version` works; if so, what JAVA_TOOL_OPTIONS, SPARK_HOME and "
    look += "spark-defaults.conf ask for"
    return LenetError(
        "Java ended before Spark had started",
        f"It is {java}, and said: {said}" if said else f"It is {java}, and said nothing.",
        f"{look}; or try `--engine local`",
        f'{look}; or try engine="local"',
    )


def summary(error: BaseException) -> str:
    """The line of a Java or Python error that says what happened."""
    return _telling(_text(error)) or type(error).__name__


def _telling(text: str) -> str:
    lines = [line.strip(": ") for line in text.splitlines() if line.strip(": ")]
    lines = [line for line in lines if not line.endswith("Traceback (most recent call last):")]
    telling = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b:? ", line)]
    return (telling or lines or [""])[-1 if telling else 0][:500]


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # py4j asks Java for the words, and that may be gone
        return type(error).__name__


def _python_of(session: SparkSession | None) -> str:
    python = getattr(getattr(session, "sparkContext", None), "pythonExec", None)
    return str(python or os.environ.get("PYSPARK_PYTHON") or "python3")


def _another_python() -> str:
    return (
        f"set PYSPARK_PYTHON to a Python {sys.version_info[0]}.{sys.version_info[1]} that has "
        f"lenet's dependencies, such as {sys.executable} on this machine, and start Spark again"
    )


def _lacks(module: str, python: str) -> LenetError:
    name = module.partition(".")[0]
    package = _PACKAGES.get(name, name)
    title = f"the executors' Python has no module {name}"
    fix = f"install {package} for it; or {_another_python()}"
    return LenetError(title, f"It is {python}.", fix)


def _cannot_run(program: str, number: str) -> LenetError:
    reasons = {"2": "it is not there", "13": "it may not be executed"}
    detail = f"It is {program}: {reasons.get(number, f'system error {number}')}."
    return LenetError("the executors cannot start their Python", detail, _another_python())


def _of_start(text: str) -> LenetError | None:
    """Where Spark could not start on this machine."""
    if found := re.search(r"BindException: (.*): Service '?([\w.]+)'? failed", text):
        return _no_port(found[1].rpartition(": ")[2], found[2].rpartition(".")[2])
    if found := re.search(r"UnknownHostException: ([^:\s]+)", text):
        return LenetError(
            f"the host name {found[1]} cannot be resolved",
            "",
            f"if it is this machine's, write `127.0.0.1 {found[1]}` into /etc/hosts; else check "
            "its spelling",
        )
    if re.search(r"invalid null input: name|basedir must be absolute: \?", text):
        return LenetError(
            "Spark does not know the user of this process",
            f"uid {os.getuid()} has no name in /etc/passwd.",
            "before Spark starts, set HADOOP_USER_NAME to any name, and its setting spark.jars.ivy "
            "to a folder that you can write to",
        )
    return None


def _no_port(reason: str, service: str) -> LenetError:
    file = "spark-defaults.conf, in the folder that SPARK_CONF_DIR names"
    if reason.startswith("Cannot assign"):
        fix = "set SPARK_LOCAL_IP to an address that this machine has"
    elif service == "SparkUI":
        fix = f"write `spark.ui.enabled false` into {file}"
    else:
        key = _PORTS.get(service, f"the port of {service}")
        fix = f"end what holds the ports, or set {key} to another in {file}"
    return LenetError("Spark cannot open a port", f"{reason}, for its {service}.", fix)


_PORTS = {
    "sparkDriver": "spark.driver.port",
    "NettyBlockTransferService": "spark.blockManager.port",
}
