"""What all tests share: golden files, the data folder, a Spark session."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lenet.compiler.jit.compile_workers import Helpers

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

HERE = Path(__file__).parent
os.environ["SPARK_CONF_DIR"] = str(HERE / "support" / "no_settings")  # not a user's
# Java's second compiler costs short sessions more than it gains them.
os.environ["SPARK_SUBMIT_OPTS"] = "-XX:TieredStopAtLevel=1"
start_helpers = Helpers.start
if "PYTEST_XDIST_WORKER" in os.environ:  # then other tests have the other processors
    Helpers.start = classmethod(lambda *_: None)  # type: ignore[method-assign, assignment]


# Whose tests start Spark or other processes, or compile much: `make fast` leaves them out.
SLOW = frozenset(
    [
        "bench",
        "checkpoint",
        "clean",
        "cluster",
        "compiler",
        "compress",
        "deep",
        "failures",
        "files",
        "folders",
        "forks",
        "frames",
        "fuzz_data",
        "fuzz_models",
        "fuzz_protocol",
        "fuzz_specs",
        "generated",
        "importance",
        "kernels",
        "look",
        "looking",
        "mesh",
        "ml",
        "mlflow",
        "normalization",
        "notebook",
        "pictures",
        "preparation",
        "random_layers",
        "report_page",
        "rescue",
        "resumed",
        "run_folder",
        "serve_api",
        "serve_openapi",
        "serve_page",
        "serve_process",
        "search",
        "signals",
        "single",
        "spark",
        "specs",
        "start_from",
        "terminal",
        "training",
        "tutorial",
        "winograd",
        "working_folder",
    ]
)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Write Java's archive of Spark's classes, if there is none, while the first tests run: half of
    the time of the many sessions that others start."""
    from lenet.runtime.spark.class_archive import archive_path, is_whole
    from lenet.runtime.spark.java import ensure_java

    if "PYTEST_XDIST_WORKER" not in os.environ:
        ensure_java()
        archive = archive_path()
        if archive is not None and not is_whole(archive):
            subprocess.Popen([sys.executable, str(HERE / "support" / "warm_up.py")])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.stem.removeprefix("test_") in SLOW:
            item.add_marker("slow")
        if item.get_closest_marker("large") and not os.environ.get("LENET_LARGE"):
            item.add_marker(pytest.mark.skip(reason="large: run `make large`"))
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker("spark")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the golden files anew instead of comparing with them",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden(path, text)`: the text must be that of the file tests/path."""
    update = request.config.getoption("--update-golden")

    def compare(path: str, text: str) -> None:
        file = HERE / path
        if update:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
            return
        assert file.exists(), f"tests/{path} is missing: run pytest --update-golden and read it"
        expected = file.read_bytes().decode()
        assert text == expected, f"tests/{path} differs: if the new text is right, --update-golden"

    return compare


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder that holds `mnist` and the other datasets' files."""
    folder = os.environ.get("LENET_DATA")
    if not folder:
        pytest.skip("LENET_DATA is not set: it names the folder of the datasets")
    return Path(folder)


@pytest.fixture(scope="session")
def spark() -> "Iterator[SparkSession]":
    from lenet.runtime.spark.session import start_session

    session = start_session("local[2]", "lenet tests")
    yield session
    session.stop()
