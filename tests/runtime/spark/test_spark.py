"""Real Spark sessions: the same bits as the local engine, live events, errors, cancelling."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from test_training import SMALL

import lenet
from lenet.dsl.errors import LenetError
from lenet.runtime.datasets import load_dataset
from lenet.runtime.events import Event, Warned
from lenet.runtime.records.checkpoint import Checkpoints, Memory
from lenet.runtime.records.supervisor import Desk
from lenet.runtime.spark.network.channel import Address, DriverGoneError, Line
from lenet.runtime.spark.network.handshake import Secret
from lenet.runtime.spark.network.listener import Listener
from lenet.runtime.spark.network.wire import listen
from lenet.runtime.spark.session import SparkSession, start_session
from lenet.runtime.spark.slots import check_cluster, encrypts

pytestmark = pytest.mark.spark


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.lenet"
    path.write_text(SMALL)
    return path


def test_spark_gives_the_bits_of_the_local_engine(small: Path, spark, tmp_path: Path) -> None:
    events: list[dict] = []
    model = lenet.train(small, spark=spark, watch=events.append, output=tmp_path / "run")
    local = lenet.train(small, engine="local", threads=1)
    assert model.digest == local.digest
    kinds = [e["event"] for e in events]
    assert (
        kinds[:3] == ["data", "start", "compiled"]
        and kinds[-3:] == ["epoch", "checkpoint", "predictions"]
        and kinds.count("iteration") == 30
    )
    first, second = model.history[0], local.history[0]
    assert {k: first[k] for k in ("loss", "top1", "validation")} == {
        k: second[k] for k in ("loss", "top1", "validation")
    }
    images = load_dataset("digits").test.pixels
    again = lenet.open(tmp_path / "run" / "model.safetensors").predict(images)
    assert np.array_equal(again.classes, local.predict(images).classes)


def test_events_arrive_while_the_stage_runs(small: Path, spark) -> None:
    times: list[float] = []
    lenet.train(small, spark=spark, epochs=30, watch=lambda e: times.append(time.monotonic()))
    done = time.monotonic()
    assert done - times[0] > 0.2, "the first event came well before the job's end"


def test_a_killed_worker_costs_time_but_no_bit(small: Path, spark, tmp_path: Path) -> None:
    """Spark runs the barrier stage again; the records of the lost attempt are dropped."""
    starts: list[int] = []

    def watch(event: dict) -> None:
        if event["event"] == "start":
            starts.append(event["workers"][0]["process"])
        if event["event"] == "epoch" and event["epoch"] == 3 and len(starts) == 1:
            os.kill(starts[0], signal.SIGKILL)

    model = lenet.train(small, spark=spark, epochs=400, watch=watch, output=tmp_path / "run")
    assert len(starts) == 2 and starts[0] != starts[1]
    assert model.digest == lenet.train(small, engine="local", epochs=400).digest
    assert [e["epoch"] for e in model.history] == list(range(1, 401))
    lines = (tmp_path / "run" / "history.jsonl").read_text().splitlines()
    epochs = [e["epoch"] for e in map(json.loads, lines) if e["event"] == "epoch"]
    assert epochs == list(range(1, 401))
    assert len(list((tmp_path / "run" / "tensorboard").iterdir())) == 1


def test_a_slow_watcher_misses_nothing(small: Path, spark) -> None:
    """The job ends long before the driver has handled all that it sent."""
    seen: list[str] = []

    def watch(event: dict) -> None:
        time.sleep(0.05)
        seen.append(event["event"])

    model = lenet.train(small, spark=spark, epochs=4, watch=watch)
    assert len(model.history) == 4 and seen.count("iteration") == 60


def test_a_live_session_is_used_and_left_alone(small: Path, spark) -> None:
    assert lenet.train(small, epochs=1).digest
    assert spark.range(3).count() == 3


def test_masters_and_their_cores() -> None:
    from lenet.runtime.machine.cores import available_cores
    from lenet.runtime.spark.session import local_cores

    assert [local_cores(m) for m in ("local", "local[3]", "local[2,4]")] == [1, 3, 2]
    assert local_cores("local[*]") == local_cores("local[*,2]") == available_cores()
    assert local_cores("spark://h:7077") is local_cores("local-cluster[2,1,1024]") is None


def test_divergence_in_the_executor_is_one_clear_error(small: Path, spark) -> None:
    small.write_text(SMALL.replace("rate 0.1", "rate 1e30"))
    with pytest.raises(LenetError, match="the training diverged") as caught:
        lenet.train(small, spark=spark)
    assert "epoch 1" in caught.value.detail


def test_a_failing_watcher_cancels_the_job(small: Path, spark) -> None:
    """As a full disk does, when the recorder cannot write."""

    def watch(event: dict) -> None:
        if event["event"] == "epoch":
            raise LenetError("cannot write the run's records", "No space left on device")

    before = time.monotonic()
    with pytest.raises(LenetError, match="cannot write"):
        lenet.train(small, spark=spark, epochs=100_000, watch=watch)
    assert time.monotonic() - before < 60
    assert not spark.sparkContext.statusTracker().getActiveJobsIds()
    assert lenet.train(small, spark=spark, epochs=1).digest, "the session still works"


def test_an_error_of_the_task_itself_is_a_message(small: Path, spark, monkeypatch) -> None:
    from lenet.runtime.spark import engine

    def broken(*_: object):
        def task(batches):
            list(batches)
            raise ValueError("something unforeseen")
            yield

        return task

    monkeypatch.setattr(engine, "shipped", broken)
    with pytest.raises(LenetError, match="failed in Spark") as caught:
        lenet.train(small, spark=spark)
    assert "something unforeseen" in caught.value.detail
    assert "Traceback" not in str(caught.value)


def test_a_master_that_is_none() -> None:
    script = (
        "import lenet\n"
        "try:\n    lenet.train('specs/digits.lenet', master='nonsense://x')\n"
        "except lenet.LenetError as error:\n    print('LENET', error.title)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=root, timeout=120
    )
    assert "LENET Spark did not start" in done.stdout, done.stderr


@pytest.mark.parametrize("engine", ["spark", "local"])
def test_ctrl_c_stops_everything(small: Path, tmp_path: Path, engine: str) -> None:
    """SIGINT to the whole foreground group, as a terminal sends it."""
    command = [
        sys.executable, "-c", "from lenet.cli import main; main()", "train", str(small),
        "--engine", engine, "--epochs", "1000000", "-o", str(tmp_path / "run"),
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stderr is not None
    lines: list[str] = []
    for line in process.stderr:
        lines.append(line)
        if line.startswith("epoch"):
            break
    os.killpg(process.pid, signal.SIGINT)
    # The pipes close only when the JVM and the Python workers are gone too.
    _, rest = process.communicate(timeout=60)
    text = "".join(lines) + rest
    assert process.returncode == 130, text
    assert text.rstrip().endswith("stopped")
    assert f"go on with: lenet train --resume {tmp_path / 'run'}" in text
    assert list((tmp_path / "run" / "checkpoints").glob("iteration-*"))
    assert "Traceback" not in text and "Exception" not in text, text
    history = (tmp_path / "run" / "history.jsonl").read_text()
    assert history.count("\n") >= 1 and not (tmp_path / "run" / "model.safetensors").exists()


@pytest.mark.skipif(not Path("/proc/self/comm").exists(), reason="looks for Java in /proc")
def test_ctrl_c_while_java_is_launched(small: Path) -> None:
    """Java has begun, and has not yet written the file that its Python waits for."""
    script = """
import os, signal, time
from pathlib import Path
from lenet.runtime.spark.launch import Java

launch = Java.__init__

def interrupted(java, settings):
    launch(java, settings)
    name = Path(f"/proc/{java.process.pid}/comm")
    while name.read_text() != "java\\n":
        time.sleep(0.001)
    assert not java._said.exists()
    os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
Java.__init__ = interrupted
from lenet.cli import main
main()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script, "train", str(small)], cwd=small.parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        # The pipes close only when Java is gone too.
        _, text = process.communicate(timeout=60)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130, text
    assert text.rstrip().endswith("stopped") and "Exception" not in text, text
    assert not (small.parent / "runs").exists()


def test_ctrl_c_on_which_pyspark_stumbles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its folder cannot be removed while Java writes into it, and that error hides Ctrl-C."""

    def interrupted(_: object) -> None:
        try:
            raise KeyboardInterrupt
        finally:
            raise OSError("Directory not empty")

    monkeypatch.setattr(SparkSession.Builder, "getOrCreate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        start_session("local[1]")


def test_the_listener_wants_its_secret() -> None:
    got: list[Event] = []
    desk = Desk(got.append, Checkpoints(Memory(), "", print), lambda: None, None)
    listener = Listener(listen("127.0.0.1"), "127.0.0.1", desk, Secret())
    host, port = listener.address.host, listener.address.port
    me = {"rank": 0, "host": "here", "process": 1, "port": 0}
    with pytest.raises(DriverGoneError):
        Line(Address(host, port, Secret("wrong")), me, 1)
    friend = Line(listener.address, me, 1)
    assert friend.workers == [me]
    friend.report(Warned("hello"))
    friend.close()
    listener.drain()
    listener.close()
    assert got == [Warned("hello")]
    with pytest.raises(DriverGoneError):
        Line(listener.address, me, 1)
    assert threading.active_count() < 50


def test_a_connect_session_is_refused(small: Path) -> None:
    class Connect:
        """As pyspark.sql.connect has it: no `_jsparkSession`."""

    with pytest.raises(LenetError, match="Spark Connect") as caught:
        lenet.train(small, spark=Connect())  # type: ignore[arg-type]
    assert "spark-submit" in caught.value.fix


@pytest.mark.parametrize(
    ("settings", "encrypted"),
    [
        ({"spark.authenticate": "true"}, True),
        ({"spark.network.crypto.enabled": "true"}, True),
        ({"spark.ssl.rpc.enabled": "TRUE"}, True),
        ({"spark.master": "local[2]", "spark.authenticate": "true"}, False),
        ({}, False),
    ],
)
def test_clusters_that_encrypt(settings: dict[str, str], encrypted: bool) -> None:
    master = settings.get("spark.master", "spark://host:7077")
    context = SimpleNamespace(getConf=lambda: settings, master=master)
    session: Any = SimpleNamespace(sparkContext=context)
    assert encrypts(session) == encrypted
    check_cluster(session)


def test_dynamic_allocation_is_refused() -> None:
    context = SimpleNamespace(getConf=lambda: {"spark.dynamicAllocation.enabled": "true"})
    with pytest.raises(LenetError, match="run together"):
        check_cluster(SimpleNamespace(sparkContext=context))  # type: ignore[arg-type]


def test_too_few_slots_are_an_error_at_once(small: Path, spark) -> None:
    before = time.monotonic()
    with pytest.raises(LenetError, match="5 workers cannot run at once") as caught:
        lenet.train(small, spark=spark, workers=5)
    assert "room for 1 tasks of 2 cores" in caught.value.detail
    assert time.monotonic() - before < 20


@pytest.mark.large
def test_another_local_master_gives_the_same_bits(small: Path) -> None:
    """From the command line, with every event logged as JSON."""
    command = [
        sys.executable, "-c", "from lenet.cli import main; main()", "train", str(small), "--master",
        "local[3]", "--log", "json", "--json", "-o", str(small.parent / "run"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    digest = json.loads(done.stdout.splitlines()[-1])["digest"]
    assert digest == lenet.train(small, engine="local").digest
    events = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    kinds = [event["event"] for event in events]
    assert kinds.count("iteration") == 30 and {"spark", "data", "start", "checkpoint"} <= set(kinds)
    assert all("time" in event for event in events)
