"""Java and Spark's Python start while other things are done; nothing of them stays."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lenet.runtime.options import Options
from lenet.runtime.spark import ahead
from lenet.runtime.spark.ahead import session_ahead
from lenet.runtime.spark.class_archive import archive_path, is_whole
from lenet.runtime.spark.workers.lenet_workers import without_zip_files
from lenet.runtime.spark.workers_ahead import WorkersAhead

SPEC = """
input 1x8x8
flatten
linear 10
logsoftmax
data idx "pictures"
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
    workers = WorkersAhead(1)
    assert workers._process.stdin is not None
    workers._process.stdin.close()  # as where this process ends
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
def test_data_that_cannot_be_read_end_what_has_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net.lenet").write_text(SPEC)
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
    kept = archive_path()
    monkeypatch.setenv("LENET_CACHE", str(tmp_path / "cache"))
    archive = archive_path()
    used = kept is not None and archive is not None and is_whole(kept)
    if used:
        archive.parent.mkdir(parents=True)
        shutil.copyfile(kept, archive)
    done = run(code, tmp_path)
    assert not used or is_whole(archive), "Java was ended, and did not fail"
    assert done.returncode == 1 and done.stdout == "launched\n", done.stderr
    assert "pictures" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "runs").exists()


SESSION = """
from lenet.runtime.options import Options
from lenet.runtime.spark import ahead

def work(batches):
    import sys
    import pyarrow as pa
    for batch in batches:
        early = "lenet.runtime.spark.task" in sys.modules
        zipped = any(path.endswith("pyspark.zip") for path in sys.path)
        yield pa.record_batch([[early], [zipped]], names=["early", "zipped"])

ahead.memory_ahead = lambda: {memory}
with ahead.session_ahead("a run", Options(master="local[1]")) as found:
    session = found.take(0)
    rows = session.range(1).mapInArrow(work, "early boolean, zipped boolean").collect()
    print(session.conf.get("spark.driver.memory"), *rows[0])
    found.give_back(session)
"""


@pytest.mark.spark
@pytest.mark.parametrize(
    ("memory", "said"),
    [
        (2048, "2048m True False"),
        # Less than any data need: another Java, whose Python has not begun to start.
        pytest.param(600, "1024m False False", marks=pytest.mark.large),
    ],
)
def test_spark_takes_what_has_started(tmp_path: Path, memory: int, said: str) -> None:
    done = run(SESSION.replace("{memory}", str(memory)), tmp_path)
    assert done.stdout.strip() == said, done.stderr
    assert "Traceback" not in done.stderr
