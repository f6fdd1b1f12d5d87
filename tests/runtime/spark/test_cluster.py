"""Executors in processes of their own: the same bits, whatever happens to them.

They run a Python that has the dependencies but not these packages: the run ships them itself.
"""

import os
import signal
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cluster import Driver, driver, environment, processes_of, standalone
from fuzz.strangers import Place, Strangers, listening
from test_normalization import NET
from test_training import SMALL

import lenet
from nets import variations

# One process runs them all, since they share a cluster.
pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.xdist_group("cluster")]
# 1,437 images, in batches that nothing divides; dropout and shifts, and checkpoints in epochs.
ODD = SMALL.replace("batch 100", "batch 97").replace("train\n", "augment\n  shift 1\ntrain\n")
LONG = ODD.replace("2 epochs", "50 epochs") + "  checkpoint every 70 iterations\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cluster")


@pytest.fixture(scope="module")
def cluster(folder: Path) -> Iterator[Driver]:
    """Three executors of one core."""
    with driver(folder, environment(folder), "local-cluster[3,1,1024]") as made:
        yield made


@pytest.fixture(scope="module")
def long(folder: Path) -> tuple[str, str]:
    """A spec, and its digest."""
    return spec_of(folder, "long", LONG)


def spec_of(folder: Path, name: str, text: str) -> tuple[str, str]:
    path = folder / f"{name}.lenet"
    path.write_text(text)
    return str(path), lenet.train(path, engine="local").digest


@pytest.mark.parametrize(
    "name, text",
    [pytest.param("odd", ODD, marks=pytest.mark.large), ("normalized", NET)],
    ids=["odd", "norm"],
)
def test_the_same_bits_on_any_number_of_executors(
    cluster: Driver, folder: Path, name: str, text: str
) -> None:
    path, expected = spec_of(folder, name, text)
    assert cluster.digest(spec=path) == expected, "three, one for each slot"
    assert cluster.digest(spec=path, workers=2, memory=1000) == expected, "images in files"
    if name == "odd":
        assert cluster.digest(spec=path, workers=3, all_reduce="driver") == expected


WIDE = """\
input 1x8x8
flatten
linear 2048{0}
tanh
linear 2048{0}
tanh
linear 10
logsoftmax
data digits
train
  optimizer sgd momentum 0.9
  rate 0.02
  batch 512
  stop after 2 epochs
"""


@pytest.mark.parametrize("name", variations(["late", "clipped", "normalized"], ["late", "clipped"]))
def test_the_same_bits_where_sums_begin_early(cluster: Driver, folder: Path, name: str) -> None:
    """Of a net that is large enough: with gradients that wait, at a mark, and between phases."""
    text = WIDE.format("\nbatchnorm" if name == "normalized" else "")
    if name == "clipped":
        text += "  clip norm 0.5\n"
    path, expected = spec_of(folder, name, text)
    assert cluster.digest(spec=path, workers=2) == expected


def struck(
    cluster: Driver, spec: str, strike: Callable[[list[dict[str, Any]]], None], **options: Any
) -> tuple[list[dict[str, Any]], float]:
    """All events of a run in which `strike(workers)` falls once, and how long it took from there
    to the next iteration."""
    events: list[dict[str, Any]] = []
    at = after = 0.0
    for event in cluster.train(spec=spec, **options):
        events.append(event)
        if event["event"] == "iteration" and at and not after and len(starts(events)) > 1:
            after = time.monotonic() - at
        if event["event"] == "iteration" and event["iteration"] == 200 and not at:
            strike(starts(events)[0]["workers"])
            at = time.monotonic()
    return events, after


def starts(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == "start"]


def executor_of(worker: dict[str, Any]) -> int:
    """The Java process around a Python worker: its parent is the daemon that forks the workers."""
    return parent_of(parent_of(worker["process"]))


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.parametrize(
    ("rank", "whole"),
    [
        pytest.param(0, True, id="executor"),
        pytest.param(1, False, id="worker", marks=pytest.mark.large),
    ],
)
def test_a_kill_costs_time_but_no_bit(
    cluster: Driver, long: tuple[str, str], rank: int, whole: bool
) -> None:
    def kill(workers: list[dict[str, Any]]) -> None:
        process = workers[rank]["process"]
        os.kill(executor_of(workers[rank]) if whole else process, signal.SIGKILL)

    events, seconds = struck(cluster, long[0], kill)
    assert events[-1].get("digest") == long[1], events[-1]
    first, second = starts(events)[:2]
    seen = events[: events.index(second)]
    reached = max(e["iteration"] for e in seen if e["event"] == "iteration")
    assert first["iteration"] == 0 and 0 <= reached - second["iteration"] <= 150
    assert seconds < 120
    epochs = [e["epoch"] for e in events[-1]["history"]]
    assert epochs == list(range(1, 51))


@pytest.mark.large
def test_a_worker_that_hangs_is_given_up(cluster: Driver, long: tuple[str, str]) -> None:
    def stop(workers: list[dict[str, Any]]) -> None:
        os.kill(workers[1]["process"], signal.SIGSTOP)

    events, _ = struck(cluster, long[0], stop, timeout=5)
    assert events[-1].get("digest") == long[1], events[-1]
    assert len(starts(events)) == 2


def test_mistakes_are_the_same_message_as_in_one_process(cluster: Driver, folder: Path) -> None:
    path = folder / "diverging.lenet"
    path.write_text(ODD.replace("rate 0.1", "rate 1e30"))
    *events, last = cluster.train(spec=str(path))
    assert last["event"] == "error" and last["title"] == "the training diverged"
    assert "epoch 1" in last["detail"] and len(starts(events)) == 1
    *_, last = cluster.train(spec=str(path), workers=9)
    assert last["title"] == "9 workers cannot run at once" and "3 tasks" in last["detail"]


def test_checkpoints_in_a_hadoop_file_system(cluster: Driver, folder: Path) -> None:
    path, expected = spec_of(folder, "kept", ODD + "  checkpoint every 10 iterations\n")
    place = folder / "kept"
    options: dict[str, Any] = {"output": str(folder / "run"), "checkpoints": f"file://{place}"}
    assert cluster.digest(spec=path, **options) == expected
    names = sorted(p.name for p in place.iterdir() if not p.name.startswith("."))
    assert names == [f"iteration-{k:09d}.safetensors" for k in (10, 20, 30)]
    longer = Path(path).read_text().replace("2 epochs", "3 epochs")
    Path(path).write_text(longer)
    options["resume"] = True
    assert (
        cluster.digest(spec=path, epochs=3, **options) == lenet.train(path, engine="local").digest
    )


@pytest.mark.large
def test_a_standalone_master_with_two_workers(tmp_path: Path, long: tuple[str, str]) -> None:
    """The loss of an executor, where Spark gives up and the driver starts the stage again."""
    env = environment(tmp_path)
    once = "spark.stage.maxConsecutiveAttempts=1"
    with standalone(tmp_path, env, 2) as url, driver(tmp_path, env, url, once) as made:

        def kill(workers: list[dict[str, Any]]) -> None:
            assert len(workers) == 2
            os.kill(executor_of(workers[1]), signal.SIGKILL)

        events, seconds = struck(made, long[0], kill, workers=2)
    assert events[-1].get("digest") == long[1], events[-1]
    assert len(starts(events)) == 2 and starts(events)[1]["iteration"] >= 140 and seconds < 120
    assert [e for e in events if e["event"] == "failed"]


@pytest.mark.large
def test_an_encrypted_cluster_among_strangers(tmp_path: Path) -> None:
    """Nothing has to be allowed, and who listens does so at one address, with TLS."""
    path, expected = spec_of(tmp_path, "odd", ODD)
    env = environment(tmp_path)
    secure = ["spark.authenticate=true", "spark.authenticate.secret=quiet",
              "spark.network.crypto.enabled=true"]  # fmt: skip
    with driver(tmp_path, env, "local-cluster[2,1,1024]", *secure) as made:
        own = made.process.pid
        opened: set[Place] = set()
        for event in made.train(spec=path):
            if event["event"] == "iteration":
                opened |= listening([own])
            last = event
        assert last.get("digest") == expected, last
        before = listening([own])  # Spark's, which stay
        (place,) = opened - before
        assert place[0] == "127.0.0.1"

        def places() -> set[Place]:
            workers, daemons = workers_of(tmp_path)
            return listening([own, *workers]) - before - listening(daemons)

        subjects: set[bytes] = set()
        with Strangers(places, 20, 5) as strangers:
            for event in made.train(spec=path):
                if event["event"] == "iteration" and not subjects:
                    ((host, port),) = listening([own]) - before
                    found = ssl.get_server_certificate((host, port), timeout=30)
                    subjects.add(ssl.PEM_cert_to_DER_cert(found))
            assert event.get("digest") == expected, event
        assert strangers.calls >= 25
    assert all(b"lenet" in subject for subject in subjects) and subjects


def workers_of(folder: Path) -> tuple[list[int], list[int]]:
    """Spark's Python workers, and the daemons that fork them, of the environment of `folder`."""
    parents: dict[int, int] = {}
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            command, variables = ((process / name).read_bytes() for name in ("cmdline", "environ"))
            if b"pyspark.daemon" in command and f"SPARK_HOME={folder}/".encode() in variables:
                parents[int(process.name)] = parent_of(int(process.name))
    workers = [number for number, parent in parents.items() if parent in parents]
    return workers, [number for number in parents if number not in workers]


def test_nothing_is_left(cluster: Driver, folder: Path) -> None:
    """The last test of this module: its cluster ends."""
    assert cluster.process.stdin is not None
    cluster.process.stdin.close()
    assert cluster.process.wait(60) == 0
    deadline = time.monotonic() + 20
    while processes_of(folder) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert processes_of(folder) == []
    left = [p.name for p in (folder / "tmp").iterdir()]
    # Of a Java process that is killed, the library that it had unpacked stays.
    assert [name for name in left if not name.startswith("liblz4")] == []
