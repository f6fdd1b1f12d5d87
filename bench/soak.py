"""A long run with faults: the result is the undisturbed one, nothing is left, and no memory grows.

    LENET_DATA=FOLDER python bench/soak.py [--epochs 300] [--every 20] [--seed 1] [--faults KIND…]

lenet5 on MNIST in a local cluster of two executors, its folder on a small disk of its own where
that can be mounted. Every so many seconds one of these happens:

    worker     a Python worker is killed
    executor   an executor is killed, with its worker
    stop       a worker is stopped for longer than the others wait for it
    strangers  connections that say nothing, or babble, to every port of ours
    disk       the disk is full for a while

Prints what happened, how long it took to go on, and the resident memory of the driver, of its Java
process and of the workers. With `--every 0` nothing happens.
"""

import argparse
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench"), str(ROOT / "tests" / "support")]

from cluster import spark_home  # noqa: E402
from fuzz.strangers import Place, Strangers, listening  # noqa: E402

import lenet  # noqa: E402

SPEC = ROOT / "specs" / "lenet5.lenet"
KINDS = ("worker", "executor", "stop", "strangers", "disk")
TIMEOUT = 10.0  # seconds for which the workers wait for each other
HELD = 15.0  # seconds that a stopped worker, strangers and a full disk last
DISK = 64  # MiB


def resident(process: int) -> float:
    """MiB."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Whether `folder` is a disk of its own now."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={DISK}m", "tmpfs", str(folder)]
    mounted = subprocess.run(["mount", *options], capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


class Faults(threading.Thread):
    """Makes them, and takes the run's events."""

    def __init__(self, every: float, kinds: list[str], seed: int, disk: Path, epochs: int) -> None:
        super().__init__(daemon=True)
        self.every, self.kinds, self.disk = every, kinds, disk
        # The last tenth is left in peace: a run whose disk is full at its end says so, and fails.
        self.epoch, self.last = 0, epochs - epochs // 10
        self.random = random.Random(seed)
        self.workers: list[int] = []
        self.java = 0
        self.spared: set[int] = set()  # ports of Spark's in this process
        self.iterated = threading.Event()
        self.over = threading.Event()
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.memory: list[tuple[int, float, float, float]] = []
        self.warnings: list[str] = []

    def __call__(self, event: dict[str, Any]) -> None:
        if event["event"] == "start":
            self.workers = [worker["process"] for worker in event["workers"]]
        elif event["event"] == "iteration":
            self.iterated.set()
        elif event["event"] == "epoch":
            living = max(map(resident, self.workers))
            here = resident(os.getpid()), resident(self.java), living
            self.memory.append((event["epoch"], *here))
            self.epoch = event["epoch"]
        elif event["event"] in ("warning", "failed"):
            self.warnings.append(event.get("text") or event["detail"])

    def run(self) -> None:
        self._goes_on()
        coming: list[str] = []
        while not self.over.wait(self.every * (0.5 + self.random.random())):
            if self.epoch >= self.last:
                return
            if not coming:  # each comes once before one comes again
                coming = self.random.sample(self.kinds, len(self.kinds))
            kind = coming.pop()
            began = time.monotonic()
            with suppress(ProcessLookupError, FileNotFoundError):  # it has just ended by itself
                fault: Callable[[], None] = getattr(self, f"_{kind}")
                fault()
                if self._goes_on():
                    self.seconds[kind].append(time.monotonic() - began)

    def _goes_on(self) -> bool:
        """Wait for the next iteration; what was sent before a kill still comes for a second."""
        self.over.wait(1.0)
        self.iterated.clear()
        while not self.over.is_set():
            if self.iterated.wait(0.1):
                return True
        return False

    def _worker(self) -> None:
        os.kill(self.random.choice(self.workers), signal.SIGKILL)

    def _executor(self) -> None:
        os.kill(parent(parent(self.random.choice(self.workers))), signal.SIGKILL)

    def _stop(self) -> None:
        worker = self.random.choice(self.workers)
        os.kill(worker, signal.SIGSTOP)
        self.over.wait(HELD)
        with suppress(ProcessLookupError):  # the run has gone on without it, and ended it
            os.kill(worker, signal.SIGCONT)

    def _strangers(self) -> None:
        with Strangers(self._ports):
            self.over.wait(HELD)

    def _ports(self) -> set[Place]:
        """Ours, and none of Spark's, some of which strangers do block."""
        return {place for place in listening([os.getpid()]) if place[1] not in self.spared}

    def _disk(self) -> None:
        filler = self.disk / "filler"
        try:
            with filler.open("wb", buffering=0) as file, suppress(OSError):
                while not self.over.is_set():
                    file.write(bytes(2**16))
            self.over.wait(HELD)
        finally:
            filler.unlink(missing_ok=True)


def leftovers(home: str, temporary: Path) -> list[str]:
    """Processes that this run has started, and files that it has left."""
    with_us = ("lenet-code-", "lenet-spark-")  # which are gone when this process is
    found = [p.name for p in temporary.iterdir() if not p.name.startswith(with_us)]
    others = [path for path in Path("/proc").iterdir() if path.name.isdigit()]
    for process in others:
        with suppress(OSError):
            ours = f"SPARK_HOME={home}".encode() in (process / "environ").read_bytes()
            if ours and int(process.name) != os.getpid():
                found.append((process / "cmdline").read_text().replace("\0", " ")[:80])
    return found


def report(faults: Faults) -> None:
    print("| fault | times | seconds to go on: median | most |\n| --- | ---: | ---: | ---: |")
    for kind in KINDS:
        seconds = faults.seconds[kind]
        if seconds:
            median, most = statistics.median(seconds), max(seconds)
            print(f"| {kind} | {len(seconds)} | {median:.1f} | {most:.1f} |")
    print("\n| epoch | driver, MiB | Java | worker |\n| ---: | ---: | ---: | ---: |")
    step = max(1, len(faults.memory) // 10)
    for epoch, driver, java, worker in [*faults.memory[::step], faults.memory[-1]]:
        print(f"| {epoch} | {driver:.0f} | {java:.0f} | {worker:.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--every", type=float, default=20, help="seconds between faults [20]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", nargs="*", choices=KINDS, default=list(KINDS))
    parser.add_argument("--expected", help="the digest, if it is known from an undisturbed run")
    arguments = parser.parse_args()
    expected = arguments.expected
    if not expected:
        expected = lenet.train(SPEC, engine="local", epochs=arguments.epochs).digest
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    temporary = folder / "tmp"
    temporary.mkdir()
    os.environ["SPARK_HOME"] = home = spark_home()
    os.environ["TMPDIR"] = os.environ["SPARK_LOCAL_DIRS"] = str(temporary)
    tempfile.tempdir = str(temporary)
    from lenet.runtime.spark.session import start_session

    settings = {"spark.executor.memory": "1g", "spark.driver.memory": "2g"}
    session = start_session("local-cluster[2,1,1024]", "soak", settings=settings)
    session.sparkContext.setLogLevel(os.environ.get("SOAK_LOG", "OFF"))
    began = time.monotonic()
    with small_disk(folder / "disk") as mounted:
        kinds = [kind for kind in arguments.faults if mounted or kind != "disk"]
        faults = Faults(arguments.every, kinds, arguments.seed, folder / "disk", arguments.epochs)
        faults.java = session.sparkContext._gateway.proc.pid
        faults.spared = {port for _, port in listening([os.getpid()])}
        if arguments.every:
            faults.start()
        output = folder / "disk" / "run"
        model = lenet.train(
            SPEC, spark=session, epochs=arguments.epochs, watch=faults, output=output,
            timeout=TIMEOUT, progress=False,
        )  # fmt: skip
        faults.over.set()
        seconds = time.monotonic() - began
        files = sorted(path.name for path in output.iterdir())
        saved = lenet.open(output / "model.safetensors").digest
    java = session.sparkContext._gateway.proc
    session.stop()
    session.sparkContext._gateway.shutdown()
    java.stdin.close()
    java.wait(30)
    time.sleep(5)
    left = leftovers(home, temporary)
    shutil.rmtree(home)
    shutil.rmtree(folder)
    report(faults)
    print(f"\n{arguments.epochs} epochs in {seconds:.0f} s; the run's folder: {', '.join(files)}")
    for text in sorted(set(faults.warnings)):
        print(f"    {faults.warnings.count(text)}  {text[:160]}")
    print(f"left behind: {', '.join(left) or 'nothing'}")
    print(f"digest {model.digest[:16]}, saved {saved[:16]}, undisturbed {expected[:16]}")
    sys.exit(0 if model.digest == saved == expected and not left else 1)


if __name__ == "__main__":
    main()
