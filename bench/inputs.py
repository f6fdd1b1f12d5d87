"""The training steps of nets of texts, series, users and tables beside the same nets in PyTorch.

    python bench/inputs.py --data DIR [--rounds 7] [--nets lstm tcn]

Prints rows a second, medians of rounds in which all take turns in one process, with two threads, on
data in memory; and the ratio to the best of PyTorch, eager and compiled. Batches and optimizers are
those of the files. Where items are drawn that a user has not seen, our step draws them, and
PyTorch's is given them. `DIR` has the files of MNIST, and in `tables` the tables of the specs.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from inputs_nets import NETS, Net
from torch import nn

import lenet
from lenet.compiler.jit.cache import load as load_program
from lenet.compiler.pipeline import compile_graph
from lenet.runtime.data.dataset import Dataset
from lenet.runtime.make_job import make_job
from lenet.runtime.resolve import resolve_data
from lenet.runtime.training.communicator import Alone
from lenet.runtime.training.parameters import initial_weights
from lenet.runtime.training.slices.shard import deal
from lenet.runtime.training.source import InMemory
from lenet.runtime.training.step import Trainer
from lenet.runtime.training.updater import updater_of

_TURN = 2.0  # seconds
_THREADS = 2


def ours_and_rows(net: Net, data: Path) -> tuple[Callable[[], None], np.ndarray, np.ndarray, int]:
    """Our step, a batch of rows and answers as it gets them, and the batch."""
    path = lenet.load(net.spec).path if net.text is None else None
    network = lenet.load(net.spec if net.text is None else net.text)
    graph = network.graph
    assert graph.train is not None
    given = resolve_data(graph, path or Path(net.spec), data, None)
    assert isinstance(given, Dataset)
    source = InMemory.of(given)
    job, _ = make_job(graph, Path(net.spec), source, {})
    batch = graph.train.batch
    program = compile_graph(graph)
    train = source.train.take(np.arange(batch))
    trainer = Trainer(
        load_program(program), deal(train, train, job.slices, group=1), job.normalization,
        initial_weights(program, 1), updater_of(graph, program), batch, 1, _THREADS, Alone(),
        None, job.importance, job.unit, job.seen, None,
    )  # fmt: skip
    trainer.start_epoch(1)
    rows = train.pixels.reshape(batch, -1)
    labels = train.labels if job.unit is None else job.unit.wanted(train.labels)
    scaled = rows if rows.dtype == np.float32 else rows.astype(np.float32) * source.scale
    return lambda: trainer.step(0, 0.0), scaled, labels, batch


def theirs(net: Net, rows: np.ndarray, labels: np.ndarray, compiled: bool) -> Callable[[], None]:
    """PyTorch's step, on the same rows again and again."""
    module = net.module()
    count = sum(p.numel() for p in module.parameters())
    wanted = lenet.load(net.spec if net.text is None else net.text).graph.parameter_count
    assert count == wanted + net.extra, (count, wanted)
    optimizer = net.optimizer(module.parameters())
    x, y = torch.from_numpy(np.ascontiguousarray(rows)), torch.from_numpy(labels)
    if y.dtype == torch.int32:
        y = y.long()
    model: nn.Module = torch.compile(module) if compiled else module

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        net.loss(model(x), y).backward()
        optimizer.step()

    for _ in range(3):
        step()
    return step


def speed_of(step: Callable[[], None], batch: int) -> float:
    """Rows a second, by the median of a turn's steps."""
    taken: list[float] = []
    while sum(taken) < _TURN or len(taken) < 3:
        started = time.perf_counter()
        step()
        taken.append(time.perf_counter() - started)
    return batch / statistics.median(taken)


def measured(name: str, data: Path, rounds: int) -> None:
    """Measure one net, and print it."""
    net = NETS[name]
    ours, rows, labels, batch = ours_and_rows(net, data / "tables" if net.table else data)
    ours()
    steps = {"lenet": ours}
    steps |= {way: theirs(net, rows, labels, way == "compiled") for way in ("eager", "compiled")}
    found: dict[str, list[float]] = {way: [] for way in steps}
    for _ in range(rounds):
        for way, step in steps.items():
            found[way].append(speed_of(step, batch))
    ratios = [own / max(other) for own, *other in zip(*found.values(), strict=True)]
    speeds = "  ".join(f"{way} {statistics.median(v):,.0f}" for way, v in found.items())
    low, high = min(ratios), max(ratios)
    print(
        f"{name:12} batch {batch:5}  rows/s: {speeds}  "
        f"{statistics.median(ratios):.2f} times the best of PyTorch ({low:.2f} to {high:.2f})",
        flush=True,
    )


def main() -> None:
    """All nets, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--nets", nargs="+", default=list(NETS), choices=list(NETS))
    chosen = parser.parse_args()
    torch.set_num_threads(_THREADS)
    for name in chosen.nets:
        measured(name, chosen.data, chosen.rounds)


if __name__ == "__main__":
    main()
