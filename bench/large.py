"""Nets of specs/ beside PyTorch and ONNX Runtime: images a second in training and prediction.

    python bench/large.py [--nets mobilenet1 ...] [--sizes 32 224] [--batch 32] [--rounds 7]

Prints a table, and needs `pip install -e ".[bench]"`. All take turns in one process, with all
threads, on made-up images that lie in memory: the medians of the rounds count, and ratios of each
round's neighbours. Steps are those of sgd with momentum; PyTorch runs in channels-last, eager and
compiled; ONNX Runtime with the batches that are given, and with one image.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from pytorch import build
from report import markdown
from sized import network_of
from torch import nn

from lenet.api import Network
from lenet.compiler.jit.cache import load as load_program
from lenet.compiler.pipeline import compile_graph
from lenet.runtime.bench import images_for, training_speeds
from lenet.runtime.machine.cores import available_cores
from lenet.runtime.models.model import Model
from lenet.runtime.training.parameters import initial_weights, to_tensors

_TURN = 2.0  # seconds
Speed = Callable[[float], float]  # images a second, of a turn of so many seconds


def speed_of(work: Callable[[], object], images: int) -> Speed:
    """By the median of its repetitions in a turn."""

    def turn(seconds: float) -> float:
        taken: list[float] = []
        while sum(taken) < seconds or len(taken) < 3:
            started = time.perf_counter()
            work()
            taken.append(time.perf_counter() - started)
        return images / statistics.median(taken)

    return turn


def ours(network: Network, batch: int) -> dict[str, Speed]:
    graph, threads = network.graph, available_cores()
    loaded = load_program(compile_graph(graph))
    images = images_for(graph, batch)
    tensors = to_tensors(loaded.program, initial_weights(loaded.program, 1))
    names = tuple(f"{k}" for k in range(graph.output[0]))
    model = Model(graph.source, tensors, names, 1 / 255, (0.0,) * 3, (1.0,) * 3,
                  imports=dict(graph.imports))  # fmt: skip
    floats = np.random.default_rng(1).random((batch, *graph.input), np.float32)
    return {
        "train": lambda seconds: training_speeds(
            graph, loaded, images, [(batch, threads)], seconds
        )[0],
        "predict": speed_of(lambda: model.outputs(floats), batch),
        "one": speed_of(lambda: model.outputs(floats[:1]), 1),
    }


def pytorch(network: Network, batch: int, compiled: bool) -> dict[str, Speed]:
    net = build(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    run = torch.compile(net) if compiled else net
    x = torch.rand(batch, *network.graph.input).to(memory_format=torch.channels_last)
    labels = torch.arange(batch) % network.graph.output[0]
    optimizer = torch.optim.SGD(net.parameters(), 0.0, 0.9, fused=True)

    def step() -> None:
        net.train()
        loss = nn.functional.nll_loss(run(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()

    def predict(count: int) -> Callable[[], None]:
        def work() -> None:
            net.eval()
            with torch.no_grad():
                run(x[:count])

        return work

    return {
        "train": speed_of(step, batch),
        "predict": speed_of(predict(batch), batch),
        "one": speed_of(predict(1), 1),
    }


def onnx_runtime(network: Network, batch: int) -> dict[str, Speed]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = available_cores()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # others take turns
    x = np.random.default_rng(1).random((batch, *network.graph.input), np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "net.onnx")
        torch.onnx.export(
            build(network).eval(), (torch.from_numpy(x),), path, input_names=["x"],
            dynamic_axes={"x": {0: "count"}}, dynamo=False,
        )  # fmt: skip
        session = onnxruntime.InferenceSession(path, options)
    return {
        "predict": speed_of(lambda: session.run(None, {"x": x}), batch),
        "one": speed_of(lambda: session.run(None, {"x": x[:1]}), 1),
    }


def rows(name: str, size: int, batch: int, rounds: int, compiled: bool) -> list[list[str]]:
    network = network_of(name, size, batch)
    contenders = {
        "lenet": ours(network, batch),
        "PyTorch": pytorch(network, batch, compiled=False),
        "ONNX Runtime": onnx_runtime(network, batch),
    }
    if compiled:
        contenders["PyTorch, compiled"] = pytorch(network, batch, compiled=True)
    found = []
    for what, label in (
        ("train", f"train, batch {batch}"), ("predict", f"predict, batch {batch}"),
        ("one", "predict one"),
    ):  # fmt: skip
        ways = {who: speeds[what] for who, speeds in contenders.items() if what in speeds}
        for way in ways.values():
            way(0.0)  # compiles, and fetches into the caches
        seen = [{who: way(_TURN) for who, way in ways.items()} for _ in range(rounds)]
        medians = {who: statistics.median(turn[who] for turn in seen) for who in ways}
        peer = max((who for who in ways if who != "lenet"), key=lambda who: medians[who])
        ratio = statistics.median(turn["lenet"] / turn[peer] for turn in seen)
        others = ", ".join(f"{who} {medians[who]:,.1f}" for who in ways if who != "lenet")
        cells = [name, f"{size}x{size}", label, f"{medians['lenet']:,.1f}", others]
        found.append([*cells, f"{ratio:.2f}"])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nets", nargs="+", default=["mobilenet1"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[32, 224])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--eager", action="store_true", help="PyTorch not compiled, too")
    given = parser.parse_args()
    torch.set_num_threads(available_cores())
    head = ["net", "images", "work", "lenet, images/s", "others, images/s", "of the best"]
    lines = [
        row
        for name in given.nets
        for size in given.sizes
        for row in rows(name, size, given.batch, given.rounds, not given.eager)
    ]
    print(markdown(head, lines, 3))


if __name__ == "__main__":
    main()
