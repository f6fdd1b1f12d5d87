"""A long run with random kills: the result is the undisturbed one, and no memory grows.

    LENET_DATA=FOLDER python bench/soak.py [--epochs 200] [--every 40] [--seed 1]

lenet5 on MNIST in a local cluster of two executors; every so many seconds, by chance, a Python
worker or a whole executor is killed. Prints the resident memory of the driver, of its Java process,
and of the workers, over the epochs.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "bench"))

from cluster import spark_home  # noqa: E402

import lenet  # noqa: E402

SPEC = ROOT / "specs" / "lenet5.lenet"


def resident(process: int) -> float:
    """MiB."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


class Reaper:
    """Kills, and notes the memory of who lives."""

    def __init__(self, every: float, seed: int) -> None:
        self.every, self.random = every, random.Random(seed)
        self.workers: list[int] = []
        self.java = 0
        self.kills: list[str] = []
        self.memory: list[tuple[int, float, float, float]] = []
        self.next = time.monotonic() + every
        self.gaps: list[float] = []
        self.killed_at = 0.0

    def __call__(self, event: dict[str, Any]) -> None:
        now = time.monotonic()
        if event["event"] == "start":
            self.workers = [worker["process"] for worker in event["workers"]]
        elif event["event"] == "iteration" and self.killed_at:
            self.gaps.append(now - self.killed_at)
            self.killed_at = 0.0
            self.next = now + self.every * (0.5 + self.random.random())
        elif event["event"] == "epoch":
            living = max(map(resident, self.workers))
            here = resident(os.getpid()), resident(self.java), living
            self.memory.append((event["epoch"], *here))
            if now > self.next:
                self._kill()

    def _kill(self) -> None:
        target = self.random.choice(self.workers)
        whole = self.random.random() < 0.5
        try:
            os.kill(parent(parent(target)) if whole else target, signal.SIGKILL)
        except OSError:
            return
        self.kills.append("executor" if whole else "worker")
        self.next = float("inf")
        # What was sent before the kill still comes: the next iteration counts after a second.
        threading.Timer(1.0, self._mark).start()

    def _mark(self) -> None:
        self.killed_at = time.monotonic() - 1


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--every", type=float, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--expected", help="the digest, if it is known from an undisturbed run")
    arguments = parser.parse_args()
    expected = arguments.expected
    if not expected:
        expected = lenet.train(SPEC, engine="local", epochs=arguments.epochs).digest
    os.environ["SPARK_HOME"] = spark_home()
    from runtime.spark.session import start_session

    settings = {"spark.executor.memory": "1g", "spark.driver.memory": "2g"}
    session = start_session("local-cluster[2,1,1024]", "soak", settings=settings)
    session.sparkContext.setLogLevel(os.environ.get("SOAK_LOG", "OFF"))
    reaper = Reaper(arguments.every, arguments.seed)
    reaper.java = session.sparkContext._gateway.proc.pid
    model = lenet.train(SPEC, spark=session, epochs=arguments.epochs, watch=reaper)
    session.stop()
    shutil.rmtree(os.environ["SPARK_HOME"])
    print("epoch    driver      Java    worker   MiB")
    step = max(1, len(reaper.memory) // 12)
    for epoch, driver, java, worker in [*reaper.memory[::step], reaper.memory[-1]]:
        print(f"{epoch:>5}  {driver:8.0f}  {java:8.0f}  {worker:8.0f}")
    print(f"kills: {', '.join(reaper.kills) or 'none'}")
    print("seconds to go on: " + ", ".join(f"{gap:.1f}" for gap in reaper.gaps))
    print(f"digest {model.digest[:16]}, undisturbed {expected[:16]}")
    sys.exit(0 if model.digest == expected else 1)


if __name__ == "__main__":
    main()
