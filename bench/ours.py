"""Train the reference net in a process of its own and print the seconds of each epoch as JSON."""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import lenet
from lenet.api import Network
from runtime.data.dataset import Dataset, Images

SPEC = Path(__file__).parents[1] / "specs" / "lenet5.lenet"


def load(batch: int) -> Network:
    """The reference net with another batch size."""
    network = lenet.load(SPEC)
    assert network.graph.train is not None
    train = replace(network.graph.train, batch=batch)
    return replace(network, graph=replace(network.graph, train=train))


def train(batch: int, epochs: int, engine: str, data: Path | None) -> dict[str, Any]:
    seconds: list[float] = []

    def watch(event: dict[str, Any]) -> None:
        if event["event"] == "epoch":
            seconds.append(event["seconds"])

    model = lenet.train(load(batch), data, engine=engine, epochs=epochs, watch=watch)
    return {"epochs": seconds, "digest": model.digest}


def compile_and_step() -> dict[str, Any]:
    """Compile, or take from the cache, and train one step on a few made-up images."""
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (64, 1, 28, 28), np.uint8)
    images = Images(pixels, np.arange(64, dtype=np.int32) % 10)
    dataset = Dataset("noise", images, images, tuple("0123456789"), 1 / 255)
    seen: dict[str, Any] = {}

    def watch(event: dict[str, Any]) -> None:
        if event["event"] == "compiled":
            seen.update(event)

    lenet.train(SPEC, dataset, engine="local", epochs=1, watch=watch)
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", choices=("train", "compile"))
    parser.add_argument("--batch", type=int, default=2048)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--engine", choices=("local", "spark"), default="local")
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    if given.work == "compile":
        print(json.dumps(compile_and_step()))
    else:
        print(json.dumps(train(given.batch, given.epochs, given.engine, given.data)))


if __name__ == "__main__":
    main()
