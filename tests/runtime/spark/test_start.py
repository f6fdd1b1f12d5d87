"""Java and Spark's Python start while other things are done; nothing of them stays."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lenet.runtime.options import Options
from lenet.runtime.spark import ahead
from lenet.runtime.spark.ahead import session_ahead
from lenet.runtime.spark.workers.lenet_workers import without_zip_files
from lenet.runtime.spark.workers_ahead import WorkersAhead

SPEC = """
input 1x8x8
linear 10
logsoftmax
data images "pictures"
train
  loss nll
  rate 0.1
  batch 64
  stop after 1 epoch
"""


def test_pyspark_is_read_from_the_package_where_it_is_the_same(tmp_path: Path) -> None:
    home, other = tmp_path / "pyspark", tmp_path / "other" / "pyspark"
    for folder in (home, other, tmp_path / "py4j"):
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
    zipped = [str(home / "python" / "lib" / name) for name in ("pyspark.zip", "py4j-src.zip")]
    search = [*zipped, str(tmp_path)]
    assert without_zip_files(search, str(home)) == [str(tmp_path)]
    assert without_zip_files(search, str(other)) == search, "another Spark"
    first = [*zipped, str(other.parent), str(tmp_path)]
    assert without_zip_files(first, str(home)) == first, "its Python would find another one"
    (tmp_path / "py4j" / "__init__.py").unlink()
    (tmp_path / "py4j").rmdir()
    assert without_zip_files(search, str(home)) == search


def test_workers_that_nobody_wants_end() -> None:
    workers = WorkersAhead()
    workers.end()
    assert workers._process.wait(60) == 0


def test_nothing_starts_where_nobody_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "Ahead", lambda _: pytest.fail("it has started"))
    monkeypatch.delenv("SPARK_REMOTE", raising=False)
    with session_ahead("a run", Options(engine="local")) as found:
        assert found is None
    with session_ahead("a run", Options(spark=object())) as found:  # type: ignore[arg-type]
        assert found is None
    monkeypatch.setenv("SPARK_REMOTE", "sc://host")
    with session_ahead("a run", Options()) as found:
        assert found is None


def run(code: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """What a program says; it is over when all that it has started is over, too."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip


@pytest.mark.spark
def test_data_that_cannot_be_read_end_what_has_begun(tmp_path: Path) -> None:
    (tmp_path / "net.lenet").write_text(SPEC.replace("images", "idx"))
    code = """
import sys
from lenet.runtime.spark.launch import Java
launch = Java.__init__

def noted(java, settings):
    launch(java, settings)
    print("launched")

Java.__init__ = noted
sys.argv[1:] = ["train", "net.lenet"]
from lenet.cli import main
main()
"""
    done = run(code, tmp_path)
    assert done.returncode == 1 and done.stdout == "launched\n", done.stderr
    assert "pictures" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "runs").exists()


@pytest.mark.spark
def test_data_that_need_more_memory_get_another_java(tmp_path: Path) -> None:
    """Java starts before their size is known. Its Python has its work, or does without."""
    code = """
from lenet.runtime.options import Options
from lenet.runtime.spark import ahead
from lenet.runtime.spark.session import end_session

def work(batches):
    import sys
    import pyarrow as pa
    for batch in batches:
        early = "lenet.runtime.spark.task" in sys.modules
        zipped = any(path.endswith("pyspark.zip") for path in sys.path)
        yield pa.record_batch([[early], [zipped]], names=["early", "zipped"])

for memory, size in ((1024, 0), (600, 0)):
    ahead.memory_ahead = lambda: memory
    with ahead.session_ahead("a run", Options(master="local[1]")) as found:
        session = found.take(size)
        rows = session.range(1).mapInArrow(work, "early boolean, zipped boolean").collect()
        print(session.conf.get("spark.driver.memory"), *rows[0])
        found.give_back(session)
    from pyspark import SparkContext
    SparkContext._gateway.proc.stdin.close()
    SparkContext._gateway = None
"""
    done = run(code, tmp_path)
    assert done.stdout == "1024m True False\n1024m False False\n", done.stderr
    assert "Traceback" not in done.stderr
