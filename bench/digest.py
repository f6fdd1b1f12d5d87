"""One digest: the same training alone and with one to eight workers, some of which are killed.

    python bench/digest.py [SPEC] [--epochs N] [--workers 1 2 4 8]

Trains a spec, the digits of `specs/digits.lenet` by default, in this process with one thread and
with two; then on Spark, in local clusters of so many executors of one core, each with one worker:
once undisturbed, and once more with a worker killed (SIGKILL) in the middle. Prints a row for each
training as it ends: whether all bits of the weights are the same shows in their SHA-256. Exit code
1 where one differs. Needs Linux, Java, and half a gigabyte of memory for each worker.
"""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from cluster import Driver, driver, environment  # noqa: E402

import lenet  # noqa: E402

MEMORY = 512  # MiB of an executor: about the least that Spark starts with


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("spec", nargs="?", type=Path, default=ROOT / "specs" / "digits.lenet")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4, 8])
    arguments = parser.parse_args()
    spec, epochs = arguments.spec.resolve(), arguments.epochs
    print("| engine | workers | killed | epochs | digest |")
    print("| --- | ---: | ---: | ---: | --- |")
    digests = [alone(spec, epochs, threads) for threads in (1, 2)]
    for workers in arguments.workers:
        digests += on_spark(spec, epochs, workers)
    if len(set(digests)) > 1:
        sys.exit(f"there are {len(set(digests))} different digests")
    print(f"\n{len(digests)} trainings, one digest: {digests[0]}")


def alone(spec: Path, epochs: int, threads: int) -> str:
    model = lenet.train(spec, engine="local", threads=threads, epochs=epochs, progress=False)
    word = "thread" if threads == 1 else "threads"
    show(f"local, {threads} {word}", 1, 0, epochs, model.digest)
    return model.digest


def on_spark(spec: Path, epochs: int, workers: int) -> Iterator[str]:
    """The digests of both trainings with so many workers."""
    with tempfile.TemporaryDirectory(prefix="digest-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        master = f"local-cluster[{workers},1,{MEMORY}]"
        memory = f"spark.executor.memory={MEMORY}m"
        with driver(folder, environment(folder), master, memory) as session:
            for kill_in in (None, epochs // 2):
                yield trained(session, spec, epochs, workers, kill_in)


def trained(
    session: Driver, spec: Path, epochs: int, workers: int, kill_in: int | None
) -> str:  # fmt: skip
    """The digest; a worker is killed behind the epoch `kill_in`."""
    killed = starts = 0
    processes: list[int] = []
    last: dict[str, Any] = {}
    for event in session.train(spec=str(spec), epochs=epochs, workers=workers, progress=False):
        last = event
        if event["event"] == "start":
            starts += 1
            processes = [worker["process"] for worker in event["workers"]]
        elif event["event"] == "epoch" and event["epoch"] == kill_in and not killed:
            os.kill(processes[-1], signal.SIGKILL)
            killed = 1
    if last["event"] != "done":
        sys.exit("\n".join(filter(None, (last["title"], last["detail"], last["fix"]))))
    if kill_in is not None and starts < 2:  # it had done its part already
        sys.exit("no worker was killed in time: let it train for more epochs")
    show("Spark", workers, killed, epochs, last["digest"])
    return str(last["digest"])


def show(engine: str, workers: int, killed: int, epochs: int, digest: str) -> None:
    row = engine, workers, killed, epochs, f"{digest[:16]}…"
    print(f"| {' | '.join(map(str, row))} |", flush=True)


if __name__ == "__main__":
    main()
