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
from torch import nn

from lenet.api import Network
from lenet.compiler.pipeline import compile_graph
from lenet.dsl.graph import Node
from lenet.dsl.lower.reader import Duration
from lenet.runtime.data.counts import count
from lenet.runtime.data.dataset import Images
from lenet.runtime.events import Event, IterationDone
from lenet.runtime.machine.cores import available_cores
from lenet.runtime.options import Options
from lenet.runtime.rates import rate_at
from lenet.runtime.run import train_model
from lenet.runtime.training.parameters import initial_weights, to_tensors
from lenet.runtime.training.slices.count import least_rows, slice_count
from lenet.runtime.training.slices.order import shares, shuffled
from nets import NETS

LAYOUTS = {"channels_last": torch.channels_last, "default": torch.contiguous_format}
COMPARED = 20  # steps


class Graph(nn.Module):
    """Our graph, layer by layer."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        nodes = network.graph.nodes
        places = {node.name: k for k, node in enumerate(nodes)}
        self.layers = nn.ModuleList(layer_of(node) for node in nodes[1:])
        self.inputs = [[places[name] for name in node.inputs] for node in nodes[1:]]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        values = [x]
        for layer, inputs in zip(self.layers, self.inputs, strict=True):
            values.append(layer(*(values[k] for k in inputs)))
        return values[-1]


class Add(nn.Module):
    def forward(self, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        return one + other


class Shortcut(nn.Module):
    def __init__(self, stride: tuple[int, int], more: int) -> None:
        super().__init__()
        self.stride, self.more = stride, more

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.stride == (1, 1) and not self.more:
            return x
        part = x[:, :, :: self.stride[0], :: self.stride[1]]
        return nn.functional.pad(part, (0, 0, 0, 0, 0, self.more))


class Mean(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3))


THEIR_NAMES = {"scale": "weight", "shift": "bias", "mean": "running_mean",
               "variance": "running_var"}  # fmt: skip


def build(network: Network) -> Graph:
    """The same net, with the weights that we begin with."""
    assert network.graph.train is not None
    program = compile_graph(network.graph)
    ours = to_tensors(program, initial_weights(program, network.graph.train.seed))
    net = Graph(network)
    with torch.no_grad():
        for layer, node in zip(net.layers, network.graph.nodes[1:], strict=True):
            for parameter in node.parameters:
                own = getattr(layer, THEIR_NAMES.get(parameter.name, parameter.name))
                own.copy_(torch.from_numpy(ours[f"{node.name}.{parameter.name}"]))
    return net


def layer_of(node: Node) -> nn.Module:
    a = node.arguments
    if node.kind == "conv":
        kernel = tuple(map(int, a["size"][1:]))
        return nn.Conv2d(
            node.given[0], node.shape[0], kernel, a["stride"], a["pad"], bias=a["bias"] == "yes"
        )
    if node.kind == "depthwise":
        channels, window = node.given[0], a["window"]
        return nn.Conv2d(
            channels, node.shape[0], window, a["stride"], a["pad"], groups=channels,
            bias=a["bias"] == "yes",
        )  # fmt: skip
    if node.kind == "linear":
        return nn.Linear(node.given[0], node.shape[0], bias=a["bias"] == "yes")
    if node.kind == "maxpool":
        return nn.MaxPool2d(a["window"], a["stride"], a["pad"])
    if node.kind == "logsoftmax":
        return nn.LogSoftmax(1)
    if node.kind == "batchnorm":
        return nn.BatchNorm2d(node.shape[0], a["epsilon"], a["momentum"])
    if node.kind == "shortcut":
        return Shortcut(a["stride"], node.shape[0] - node.given[0])
    if node.kind == "avgpool" and len(node.shape) == 1:
        return Mean()
    if node.kind == "add":
        return Add()
    if node.kind == "dropout":
        return nn.Dropout(float(a["probability"]))
    plain = {"tanh": nn.Tanh, "relu": nn.ReLU, "reshape": nn.Flatten, "flatten": nn.Flatten}
    return plain[node.kind]()


def prepare(images: Images, scale: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Normalised float32 images and their labels."""
    channels = images.pixels.shape[1]
    mean, deviation = count(images, scale).normal(scale)
    pixels = torch.from_numpy(images.pixels).float()
    shape = (1, channels, 1, 1)
    pixels.mul_(scale / torch.tensor(deviation).view(shape))
    pixels.sub_((torch.tensor(mean) / torch.tensor(deviation)).view(shape))
    return pixels, torch.from_numpy(images.labels).long()


class Training:
    """A step at a time."""

    def __init__(
        self, network: Network, images: Images, scale: float, layout: str, compiled: bool = False
    ) -> None:
        assert network.graph.train is not None and network.graph.train.rate is not None
        self.rate = network.graph.train.rate
        self.net = build(network)
        self.net.to(memory_format=LAYOUTS[layout])  # type: ignore[call-overload]
        self.run = torch.compile(self.net) if compiled else self.net
        self.pixels, self.labels = prepare(images, scale)
        self.pixels = self.pixels.to(memory_format=LAYOUTS[layout])  # type: ignore[call-overload]
        settings = network.graph.train.optimizer
        self.optimizer = torch.optim.SGD(
            self.net.parameters(), self.rate.bases[0], settings["momentum"],
            weight_decay=settings["weight_decay"], nesterov=settings["nesterov"], fused=True,
        )  # fmt: skip
        self.iteration = 0

    def step(self, rows: torch.Tensor) -> float:
        x, labels = self.pixels.index_select(0, rows), self.labels.index_select(0, rows)
        self.optimizer.param_groups[0]["lr"] = rate_at(self.rate, self.iteration)
        loss = nn.functional.nll_loss(self.run(x), labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.iteration += 1
        return loss.item()


def train(
    name: str, batch: int, epochs: int, layout: str, compiled: bool, data: Path | None
) -> dict[str, Any]:
    network = NETS[name].load(batch)
    dataset = NETS[name].dataset(network, data)
    training = Training(network, dataset.train, dataset.scale, layout, compiled)
    seconds, losses = [], []
    for _ in range(epochs):
        batches = torch.randperm(len(dataset.train)).split(batch)
        started = time.perf_counter()
        losses = [training.step(rows) for rows in batches]
        seconds.append(time.perf_counter() - started)
    return {"epochs": seconds, "loss": sum(losses) / len(losses)}


def compare(name: str, batch: int, layout: str, data: Path | None) -> dict[str, Any]:
    """Greatest difference between our losses and PyTorch's over the first steps."""
    network = NETS[name].load(batch)
    assert network.graph.train is not None
    stop = Duration(COMPARED, "iterations")
    graph = replace(network.graph, train=replace(network.graph.train, stop=stop))
    dataset = NETS[name].dataset(network, data)
    ours: list[float] = []

    def watch(event: Event) -> None:
        if isinstance(event, IterationDone):
            ours.append(event.loss)

    train_model(graph, network.path, dataset, Options(engine="local"), None, watch)
    training = Training(network, dataset.train, dataset.scale, layout)
    slices = slice_count(batch, least_rows(graph))
    rows = our_batches(len(dataset.train), batch, slices, network.graph.train.seed)
    theirs = [training.step(next(rows)) for _ in ours]
    difference = float(np.abs(np.subtract(ours, theirs)).max())
    return {"steps": len(ours), "ours": ours, "theirs": theirs, "difference": difference}


def our_batches(rows: int, batch: int, count: int, seed: int) -> Iterator[torch.Tensor]:
    """The rows of each of our batches of `count` slices, epoch after epoch."""
    epoch = 0
    while True:
        epoch += 1
        orders = [shuffled(rows, count, number, seed, epoch) for number in range(count)]
        for step in range(-(-rows // batch)):
            taken = [
                orders[k][own] * count + k for k, own in enumerate(shares(rows, batch, count, step))
            ]
            yield torch.from_numpy(np.concatenate(taken))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", choices=("train", "compare"))
    parser.add_argument("--net", choices=NETS, default="lenet5")
    parser.add_argument("--compiled", action="store_true", help="with torch.compile")
    parser.add_argument("--batch", type=int, default=2048)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--layout", choices=tuple(LAYOUTS), default="channels_last")
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(available_cores())
    if given.work == "compare":
        print(json.dumps(compare(given.net, given.batch, given.layout, given.data)))
    else:
        work = (given.net, given.batch, given.epochs, given.layout, given.compiled, given.data)
        print(json.dumps(train(*work)))


if __name__ == "__main__":
    main()
