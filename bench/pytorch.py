"""The same net, data and training in PyTorch: the seconds of each epoch, printed as JSON.

Everything that can be done beforehand is: the images are normalised float32 in memory before the
clock starts, and a batch is one `index_select`. Nothing else happens in the measured loop than a
step and the reading of its loss.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ours import load
from torch import nn

from compiler.pipeline import compile_graph
from dsl.sections.reader import Duration
from lenet.api import Network
from runtime.cores import available_cores
from runtime.data.dataset import Images
from runtime.parameters import initial_weights, to_tensors
from runtime.run import Options, normalization_of, resolve_data, train_model
from runtime.slices import part, shuffled, slice_count

LAYOUTS = {"channels_last": torch.channels_last, "default": torch.contiguous_format}
COMPARED = 20  # steps


def build(network: Network) -> nn.Sequential:
    """The net of specs/lenet5.lenet with the weights that we begin with."""
    net = nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.Tanh(), nn.MaxPool2d(2), nn.Tanh(),
        nn.Conv2d(6, 12, 5), nn.Tanh(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(12 * 4 * 4, 100), nn.Tanh(), nn.Linear(100, 10),
        nn.LogSoftmax(1),
    )  # fmt: skip
    assert network.graph.train is not None
    program = compile_graph(network.graph)
    ours = to_tensors(program, initial_weights(program, network.graph.train.seed))
    theirs = [layer for layer in net if isinstance(layer, nn.Conv2d | nn.Linear)]
    names = list(dict.fromkeys(name.rpartition(".")[0] for name in ours))
    with torch.no_grad():
        for layer, name in zip(theirs, names, strict=True):
            layer.weight.copy_(torch.from_numpy(ours[f"{name}.weight"]).view_as(layer.weight))
            assert layer.bias is not None
            layer.bias.copy_(torch.from_numpy(ours[f"{name}.bias"]))
    return net


def prepare(images: Images, scale: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Normalised float32 images and their labels."""
    (mean,), (deviation,) = normalization_of(images, scale, True, 1)
    pixels = torch.from_numpy(images.pixels).float()
    pixels.mul_(scale / deviation).sub_(mean / deviation)
    return pixels, torch.from_numpy(images.labels).long()


class Training:
    """A step at a time."""

    def __init__(self, network: Network, images: Images, scale: float, layout: str) -> None:
        assert network.graph.train is not None and network.graph.train.rate is not None
        self.rate = network.graph.train.rate
        self.net = build(network)
        self.net.to(memory_format=LAYOUTS[layout])  # type: ignore[call-overload]
        self.pixels, self.labels = prepare(images, scale)
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=self.rate.base, fused=True)
        self.iteration = 0

    def step(self, rows: torch.Tensor) -> float:
        # An image has one channel, so that it lies the same way in both layouts: no conversion.
        x, labels = self.pixels.index_select(0, rows), self.labels.index_select(0, rows)
        self.optimizer.param_groups[0]["lr"] = self.rate.at(self.iteration)
        loss = nn.functional.nll_loss(self.net(x), labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.iteration += 1
        return loss.item()


def train(batch: int, epochs: int, layout: str, data: Path | None) -> dict[str, Any]:
    network = load(batch)
    dataset = resolve_data(network.graph, network.path, data, None)
    training = Training(network, dataset.train, dataset.scale, layout)
    seconds, losses = [], []
    for _ in range(epochs):
        batches = torch.randperm(len(dataset.train)).split(batch)
        started = time.perf_counter()
        losses = [training.step(rows) for rows in batches]
        seconds.append(time.perf_counter() - started)
    return {"epochs": seconds, "loss": sum(losses) / len(losses)}


def compare(batch: int, layout: str, data: Path | None) -> dict[str, Any]:
    """Greatest difference between our losses and PyTorch's over the first steps."""
    network = load(batch)
    assert network.graph.train is not None
    stop = Duration(COMPARED, "iterations")
    graph = replace(network.graph, train=replace(network.graph.train, stop=stop))
    dataset = resolve_data(graph, network.path, data, None)
    ours: list[float] = []

    def watch(event: dict[str, Any]) -> None:
        if event["event"] == "iteration":
            ours.append(event["loss"])

    train_model(graph, network.path, dataset, Options("local"), None, watch)
    training = Training(network, dataset.train, dataset.scale, layout)
    rows = our_batches(len(dataset.train), batch, network.graph.train.seed)
    theirs = [training.step(next(rows)) for _ in ours]
    difference = float(np.abs(np.subtract(ours, theirs)).max())
    return {"steps": len(ours), "ours": ours, "theirs": theirs, "difference": difference}


def our_batches(rows: int, batch: int, seed: int) -> Iterator[torch.Tensor]:
    """The rows of each of our batches, epoch after epoch."""
    count, epoch = slice_count(batch), 0
    while True:
        epoch += 1
        orders = [shuffled(rows, count, number, seed, epoch) for number in range(count)]
        for step in range(-(-rows // batch)):
            parts = [order[part(rows, batch, count, k, step)] for k, order in enumerate(orders)]
            yield torch.from_numpy(np.concatenate(parts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", choices=("train", "compare"))
    parser.add_argument("--batch", type=int, default=2048)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--layout", choices=tuple(LAYOUTS), default="channels_last")
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(available_cores())
    if given.work == "compare":
        print(json.dumps(compare(given.batch, given.layout, given.data)))
    else:
        print(json.dumps(train(given.batch, given.epochs, given.layout, given.data)))


if __name__ == "__main__":
    main()
