"""What workers pay for their sums, in processes of this machine.

    python bench/network.py [--rounds 6] [--gigabits 10 1]

All-reduces of sums as those of mean gradients, and steps of training whose sums begin with the last
layers' while the way back goes on, against steps that add up behind it, in turns. The loopback
device is as quick as memory; with `gigabits`, the system gives each connection so much a second and
no more (SO_MAX_PACING_RATE of Linux). bench/cluster.py measures the same all-reduces for
docs/scaling.md.
"""

import argparse
import multiprocessing
import socket
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import lenet  # noqa: E402
from lenet.compiler.jit.cache import load  # noqa: E402
from lenet.compiler.optimizers.exact import FRACTION_BITS  # noqa: E402
from lenet.compiler.pipeline import compile_graph  # noqa: E402
from lenet.runtime.data.dataset import Images  # noqa: E402
from lenet.runtime.spark.network.handshake import Secret  # noqa: E402
from lenet.runtime.spark.network.mesh import Mesh  # noqa: E402
from lenet.runtime.spark.network.wire import listen  # noqa: E402
from lenet.runtime.training.normalization import Normalization  # noqa: E402
from lenet.runtime.training.parameters import initial_weights  # noqa: E402
from lenet.runtime.training.slices.count import least_rows, slice_count  # noqa: E402
from lenet.runtime.training.slices.shard import deal  # noqa: E402
from lenet.runtime.training.step import Trainer, functions_of  # noqa: E402
from lenet.runtime.training.updater import updater_of  # noqa: E402

SIZES = (1_000, 22_280, 272_474, 2_000_000)  # int64: a small net, lenet5, ResNet-20, a large one
NETS = (("alexnet", 64), ("resnet18", 32))  # of specs/, and batches of two workers
_PACE = getattr(socket, "SO_MAX_PACING_RATE", 47)  # which Python has no name for


def together(size: int, work: Callable[[Mesh], Any], gigabits: float = 0.0) -> list[Any]:
    """What work(mesh) returns in each of so many processes, connected by a network that carries so
    much a second, or by none that is slower than memory."""
    context = multiprocessing.get_context("fork")
    pipes = [context.Pipe() for _ in range(size)]
    processes = [
        context.Process(target=_worker, args=(rank, pipes[rank][1], work, gigabits))
        for rank in range(size)
    ]
    for process in processes:
        process.start()
    ports = [mine.recv() for mine, _ in pipes]
    workers = [
        {"rank": k, "host": "127.0.0.1", "port": port, "process": 0} for k, port in enumerate(ports)
    ]
    for mine, _ in pipes:
        mine.send(workers)
    results = [mine.recv() for mine, _ in pipes]
    for process in processes:
        process.join()
    return results


def _worker(rank: int, pipe: Any, work: Callable[[Mesh], Any], gigabits: float) -> None:
    server = listen("127.0.0.1")
    pipe.send(server.getsockname()[1])
    mesh = Mesh(rank, pipe.recv(), server, Secret("bench"), 600)
    if gigabits:
        rate = int(gigabits * 1e9 / 8 / (mesh.size - 1))
        for peer in (peer for lane in mesh.lanes for peer in lane.peers.values()):
            peer.connection.setsockopt(socket.SOL_SOCKET, _PACE, rate)
    pipe.send(work(mesh))
    mesh.close()


def _sums(mesh: Mesh) -> dict[int, float]:
    """Median seconds by the number of values."""
    found = {}
    for count in SIZES:
        # Means of gradients, of a thousandth or so.
        mean = np.random.default_rng(mesh.rank).normal(0, 1e-3 * 2**FRACTION_BITS, count)
        own = mean.astype(np.int64)
        total, seconds = own.copy(), []
        for _ in range(200):
            before = time.perf_counter()
            mesh.all_reduce(total)
            seconds.append(time.perf_counter() - before)
            total[:] = own
        found[count] = statistics.median(seconds[50:])
    return found


def all_reduce(gigabits: float = 0.0) -> dict[str, dict[str, float]]:
    """Median seconds by the number of workers and of values."""
    found = {}
    for size in (2, 3, 4):
        times = together(size, _sums, gigabits)[0]
        found[str(size)] = {str(count): seconds for count, seconds in times.items()}
        row = "  ".join(f"{count}: {seconds * 1e3:.3f} ms" for count, seconds in times.items())
        print(f"all-reduce of {size}:  {row}", flush=True)
    return found


def steps(net: str, batch: int, rounds: int, gigabits: float) -> tuple[float, float]:
    """Median seconds of a step of two workers of one thread, whose sums begin early, and do not."""

    def work(mesh: Mesh) -> tuple[float, float]:
        graph = lenet.load(ROOT / "specs" / f"{net}.lenet").graph
        program = compile_graph(graph)
        loaded, updater = load(program), updater_of(graph, program)
        random, shape = np.random.default_rng(0), graph.input
        pixels = random.integers(0, 256, (batch, *shape), np.uint8)
        data = Images(pixels, random.integers(0, 10, batch).astype(np.int32))
        shard = deal(data, data, slice_count(batch, least_rows(graph)), mesh.rank, mesh.size)
        scale = np.full(shape[0], 1 / 255, np.float32)
        names = (*functions_of(program, updater), *mesh.functions)
        loaded.compile(*names, pixels=shard.dtype)
        mesh.all_reduce(np.zeros(1, np.int64), 3600)
        trainer = Trainer(
            loaded, shard, Normalization(scale, 0 * scale), initial_weights(program, 1), updater,
            batch, 1, 1, mesh,
        )  # fmt: skip
        trainer.start_epoch(1)
        ways = {True: trainer.overlap, False: None}
        assert ways[True] is not None
        seconds: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(rounds + 1):
            for early in (True, False) if turn % 2 else (False, True):
                trainer.overlap = ways[early]
                before = time.perf_counter()
                trainer.step(0, 1e-4)
                seconds[early].append(time.perf_counter() - before)
        trainer.overlap = ways[True]
        trainer.close()
        return statistics.median(seconds[True][1:]), statistics.median(seconds[False][1:])

    return together(2, work, gigabits)[0]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--gigabits", type=float, nargs="*", default=(10.0, 1.0))
    arguments = parser.parse_args()
    for gigabits in (0.0, *arguments.gigabits):
        print(f"{gigabits:g} Gb/s" if gigabits else "the loopback device", flush=True)
        all_reduce(gigabits)
        for net, batch in NETS:
            early, behind = steps(net, batch, arguments.rounds, gigabits)
            print(f"{net}, batch {batch}: {early * 1e3:,.0f} ms a step, {behind * 1e3:,.0f} with "
                  f"the sums behind it ({behind / early:.2f})", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
