"""What a net does on this machine: images a second, each kernel's share of the peak, memory.

Pixels and labels are made up: how long arithmetic takes does not depend on them.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import Loaded, load
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.program import Program
from lenet.compiler.simd.peak import measure_peak
from lenet.compiler.target import LANES, host
from lenet.dsl.graph import Graph
from lenet.dsl.shapes import as_image, channels_of
from lenet.dsl.training.values import Train
from lenet.runtime.compressing.int8 import as_int8
from lenet.runtime.data.dataset import Images
from lenet.runtime.data.target import Target
from lenet.runtime.models.model import Model
from lenet.runtime.timing import PROFILED, kernel_times, normalization_for, repeated
from lenet.runtime.training.batches import Importance
from lenet.runtime.training.communicator import Alone
from lenet.runtime.training.parameters import (
    folded_weights,
    from_tensors,
    initial_weights,
    to_tensors,
)
from lenet.runtime.training.predictor import Predictor
from lenet.runtime.training.slices.count import least_rows, slice_count, training_bytes
from lenet.runtime.training.slices.shard import deal
from lenet.runtime.training.step import Trainer
from lenet.runtime.training.updater import updater_of

_TURN = 0.05  # and each turn of measurements that take turns
_PREDICTED = 10_000  # images at a time, or as many as a second may be enough for
_LONG = 0.1  # seconds of a step from which on there is a first look
_COMPILE = "import sys; from lenet.cli import main; sys.argv = ['lenet', *{!r}]; main()"


def bench(
    graph: Graph, compile_arguments: list[str], threads: int, batch: int | None, int8: bool = False,
    first: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """All measurements, as `lenet bench --json` prints them; with `int8`, those of a model of int8
    weights as well.

    `compile_arguments` are those of a `lenet compile --json` for this net. Of a large one, whose
    measurements take minutes, `first` gets a quick look at the kernels, as soon as there are any.
    """
    # Images are as they are, none a mixture, and nobody teaches.
    settings = replace(graph.train or Train(), teach=None)
    graph = replace(graph, augment=None, train=settings if graph.train else None)
    batch = batch or settings.batch
    core_peak, peak = measure_peak(1), measure_peak(threads)
    machine = _machine(threads, peak)
    program = compile_graph(graph)
    loaded = load(program)
    weights = initial_weights(program, settings.seed)
    macs = sum(node.macs for node in graph.nodes)
    count = _predicted(macs, peak, threads)
    images = images_for(graph, max(batch, count))
    profile = load(compile_graph(graph, probes=True))
    if first is not None and 2 * macs * batch / peak > _LONG:
        first({"machine": machine, **_first_look(profile, images, weights, core_peak, batch)})
    compiled = _compile_times(compile_arguments)
    found: dict[str, Any] = {"machine": machine, "compile": compiled}
    planned = training_bytes(program, batch, slice_count(batch, least_rows(graph)), threads)
    memory = {"planned_bytes": planned, "peak_bytes": 0}
    if program.train_floats:
        memory["peak_bytes"] = _training_memory(graph, loaded, images, batch, threads)
        rate = training_speed(graph, loaded, images, batch, threads)
        train = profile.program.train_calls
        found["train"] = {
            "images_per_second": rate,
            "batch": batch,
            "share_of_peak": rate * 2 * _training_macs(graph) / peak,
            "kernels": kernel_times(profile, train, images, weights, core_peak, batch),
        }
    model = _model(graph, program, weights)
    some = replace(images, pixels=images.pixels[:count], labels=images.labels[:count])
    found["predict"] = _prediction(model, profile, some, threads, core_peak, peak)
    if int8:
        small = as_int8(model, images.pixels[:PROFILED])
        profile = load(compile_graph(graph, probes=True, integers=small.quantized.keys()))
        found["int8"] = _prediction(small, profile, some, threads, core_peak, peak)
    return {**found, "memory": memory}


def _predicted(macs: int, peak: float, threads: int) -> int:
    """How many images are predicted at a time: whole blocks for each thread."""
    blocks = max(PROFILED, threads * LANES)
    enough = int(peak / (2 * macs)) if macs else _PREDICTED
    return min(_PREDICTED, max(1, enough // blocks) * blocks)


def _first_look(
    profile: Loaded, images: Images, weights: NDArray[np.float32], peak: float, batch: int
) -> dict[str, Any]:
    """Each kernel's time, by one block of images alone."""
    program, found = profile.program, {}
    for work, calls in (("train", program.train_calls), ("predict", program.predict_calls)):
        if calls:
            training = work == "train"
            taken = weights if training else folded_weights(program, weights)
            given = profile, calls, images, taken, peak
            kernels = kernel_times(*given, batch if training else None, quick=True)
            one_by_one = program.one_by_one and not training
            found[work] = {"kernels": kernels, "one_by_one": one_by_one}
    return found


def _prediction(
    model: Model, profile: Loaded, images: Images, threads: int, core_peak: float, peak: float
) -> dict[str, Any]:
    """Of many images, of one, and of each kernel by a program with probes."""
    rate, macs = _predict(model, images, threads), sum(node.macs for node in model.graph.nodes)
    weights = from_tensors(profile.program, model.tensors)
    calls = profile.program.predict_calls
    folded = folded_weights(profile.program, weights, model.quantized)
    return {
        "images_per_second": rate,
        "share_of_peak": rate * 2 * macs / peak,
        "one_image_microseconds": _one_image(model, images),
        "one_by_one": profile.program.one_by_one,
        "kernels": kernel_times(profile, calls, images, folded, core_peak, None),
    }


def _machine(threads: int, peak: float) -> dict[str, Any]:
    packages = {name: version(name) for name in ("numba", "numpy")}
    return {
        "processor": host().name,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **packages,
        "threads": threads,
        "fma_gflops": peak / 1e9,
    }


def _compile_times(arguments: list[str]) -> dict[str, float]:
    """All kernels of the net, in a process with an empty cache, then in one with a full one."""
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        root = str(Path(__file__).parents[2])
        path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = {**os.environ, "LENET_CACHE": folder, "PYTHONPATH": path}
        command = [sys.executable, "-P", "-c", _COMPILE.format(["compile", "--json", *arguments])]
        for _ in range(2):
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=True
            )
            seconds.append(json.loads(done.stdout)["seconds"])
    return {"cold_seconds": seconds[0], "cached_seconds": seconds[1]}


def images_for(graph: Graph, count: int) -> Images:
    """Made-up images for a net."""
    rng = np.random.default_rng(1)
    shape = as_image(graph.input)
    pixels = rng.integers(0, 256, (count, *shape), np.uint8)
    target = Target.of(graph)
    if target.is_class:
        return Images(pixels, rng.integers(0, graph.output[0], count).astype(np.int32))
    return Images(pixels, rng.integers(0, 2, (count, target.count)).astype(np.float32))


def training_speed(graph: Graph, loaded: Loaded, images: Images, batch: int, threads: int) -> float:
    """Images a second of training steps."""
    return training_speeds(graph, loaded, images, [(batch, threads)])[0]


def training_speeds(
    graph: Graph, loaded: Loaded, images: Images, ways: Sequence[tuple[int, int]],
    least: float | None = None,
) -> list[float]:  # fmt: skip
    """The same for each (batch, threads), for `least` seconds in all. They take turns, since a
    machine that others use is faster in one minute than in another."""
    trainers = [_trainer(graph, loaded, images, *way) for way in ways]

    def turn(trainer: Trainer) -> float:
        """The median of some steps, behind one that fetches into the caches what they need."""
        # With a rate of 0 the weights stay as they are, and made-up images cannot lead them astray.
        return statistics.median(repeated(lambda: trainer.step(0, 0.0), _TURN))

    rounds: list[list[float]] = []
    repeated(lambda: rounds.append([turn(trainer) for trainer in trainers]), least)
    seconds = map(statistics.median, zip(*rounds, strict=True))
    return [batch / s for (batch, _), s in zip(ways, seconds, strict=True)]


def _trainer(graph: Graph, loaded: Loaded, images: Images, batch: int, threads: int) -> Trainer:
    settings, data = graph.train or Train(), Images(images.pixels[:batch], images.labels[:batch])
    slices = slice_count(batch, least_rows(graph))
    importance = Importance() if loaded.program.weighted else None
    trainer = Trainer(
        loaded, deal(data, data, slices), normalization_for(graph.input),
        initial_weights(loaded.program, settings.seed),
        updater_of(graph, loaded.program), batch, settings.seed, threads, Alone(), None,
        importance,
    )  # fmt: skip
    trainer.start_epoch(1)
    return trainer


def _training_memory(
    graph: Graph, loaded: Loaded, images: Images, batch: int, threads: int
) -> int:  # fmt: skip
    """The most memory, in bytes, that the training takes beside its images."""
    _trainer(graph, loaded, images, batch, threads).step(0, 0.0)  # loads all functions
    tracemalloc.start()
    try:
        _trainer(graph, loaded, images, batch, threads).step(0, 0.0)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _model(graph: Graph, program: Program, weights: NDArray[np.float32]) -> Model:
    channels = channels_of(graph.input)
    model = Model(
        graph.source, to_tensors(program, weights), tuple(map(str, range(graph.output[0]))),
        1 / 255, (0.5,) * channels, (0.25,) * channels,
    )  # fmt: skip
    model.__dict__["graph"] = graph  # with the constants that were set on the command line
    return model


def _predict(model: Model, images: Images, threads: int) -> float:
    loaded = model.predictor.loaded
    predictor = Predictor(loaded, threads)
    predictor.take(from_tensors(loaded.program, model.tensors), model.quantized)
    pixels = images.pixels[: len(images)].reshape(len(images), -1)
    normalization = normalization_for(loaded.program.input)
    seconds = repeated(lambda: predictor.outputs(pixels, normalization))
    return len(images) / statistics.median(seconds)


def _one_image(model: Model, images: Images) -> float:
    """Microseconds of Model.predict for one image, the call from Python included."""
    return statistics.median(repeated(lambda: model.predict(images.pixels[:1]))) * 1e6


def _training_macs(graph: Graph) -> int:
    """Multiply-adds to train on one image: forward, and backward twice but for the first layer,
    whose input needs no gradient."""
    macs = [node.macs for node in graph.nodes if node.macs]
    return 3 * sum(macs) - macs[0]
