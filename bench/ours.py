"""Measure lenet in a process of its own, and print seconds as JSON."""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import lenet
from lenet.compiler.jit.cache import load as load_program
from lenet.compiler.pipeline import compile_graph
from lenet.runtime.bench import images_for, training_speeds
from lenet.runtime.data.dataset import Dataset, Images
from lenet.runtime.machine.cores import available_cores
from lenet.runtime.models.model import Model
from lenet.runtime.training.parameters import initial_weights, to_tensors
from nets import NETS

IMAGES = 10_000
_LONG = 30.0  # seconds, so that a busy second of the machine is not what is seen


def train(name: str, batch: int, epochs: int, engine: str, data: Path | None) -> dict[str, Any]:
    """The seconds of each epoch."""
    seconds: list[float] = []

    def watch(event: dict[str, Any]) -> None:
        if event["event"] == "epoch":
            seconds.append(event["seconds"])

    network = NETS[name].load(batch)
    dataset = NETS[name].dataset(network, data)
    with tempfile.TemporaryDirectory() as folder:  # for the records, as a user keeps them
        options: dict[str, Any] = {"engine": engine, "epochs": epochs, "output": f"{folder}/run"}
        model = lenet.train(network, dataset, watch=watch, **options)
    return {"epochs": seconds, "digest": model.digest}


def compile_and_step(name: str) -> dict[str, Any]:
    """Compile, or take from the cache, and train one step on a few made-up images."""
    network = NETS[name].load(64)
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (64, *network.graph.input), np.uint8)
    images = Images(pixels, np.arange(64, dtype=np.int32) % 10)
    dataset = Dataset("noise", images, images, tuple("0123456789"), 1 / 255)
    seen: dict[str, Any] = {}

    def watch(event: dict[str, Any]) -> None:
        if event["event"] == "compiled":
            seen.update(event)

    lenet.train(network, dataset, engine="local", epochs=1, watch=watch)
    return seen


def predict(repetitions: int) -> dict[str, Any]:
    """Seconds of 10,000 images and of one, float32 as the peer gets them."""
    graph = NETS["lenet5"].load(128).graph
    program = compile_graph(graph)
    tensors = to_tensors(program, initial_weights(program, 1))
    model = Model(graph.source, tensors, tuple("0123456789"), 1 / 255, (0.0,), (1.0,))
    images = np.random.default_rng(1).random((IMAGES, 1, 28, 28), np.float32)
    return {
        "many": times(lambda: model.outputs(images), repetitions),
        "one": times(lambda: model.outputs(images[:1]), 2000),
    }


def times(work: Any, repetitions: int) -> list[float]:
    """Seconds of each repetition, after one to warm up; of very many, their median alone."""
    seconds = []
    for _ in range(repetitions + 1):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return seconds[1:] if repetitions < 100 else [statistics.median(seconds[1:])]


def scale(name: str) -> dict[str, Any]:
    """Images a second of training, with more and more threads, and with more and more images; by
    turns."""
    loaded = load_program(compile_graph(NETS[name].load(128).graph))
    most = available_cores()
    threads = sorted({1, *(2**k for k in range(1, 8) if 2**k < most), most})
    batches = (32, 64, 128, 256, 512, 1024, 2048)
    graph = NETS[name].load(128).graph
    images = images_for(graph, max(batches))
    by_threads = training_speeds(graph, loaded, images, [(2048, n) for n in threads], _LONG)
    by_batches = training_speeds(graph, loaded, images, [(n, most) for n in batches], _LONG)
    return {
        "threads": list(zip(threads, by_threads, strict=True)),
        "batches": list(zip(batches, by_batches, strict=True)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", choices=("train", "compile", "predict", "scale"))
    parser.add_argument("--net", choices=NETS, default="lenet5")
    parser.add_argument("--batch", type=int, default=2048)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--engine", choices=("local", "spark"), default="local")
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    if given.work == "compile":
        found = compile_and_step(given.net)
    elif given.work == "predict":
        found = predict(given.epochs)
    elif given.work == "scale":
        found = scale(given.net)
    else:
        found = train(given.net, given.batch, given.epochs, given.engine, given.data)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
