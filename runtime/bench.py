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
import time
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import Loaded, load
from lenet.compiler.kernels import parts_of
from lenet.compiler.memory.phase import Call
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.program import Program
from lenet.compiler.simd.peak import measure_peak
from lenet.compiler.target import host
from lenet.dsl.graph import Graph, Node
from lenet.dsl.shapes import as_image, channels_of
from lenet.dsl.training.values import Train
from lenet.runtime.data.dataset import Images
from lenet.runtime.data.target import Target
from lenet.runtime.machine.arrays import aligned_floats, frozen
from lenet.runtime.models.model import Model
from lenet.runtime.training.batches import Batches, Importance, Normalization
from lenet.runtime.training.communicator import Alone
from lenet.runtime.training.parameters import folded_weights, initial_weights, to_tensors
from lenet.runtime.training.predictor import Predictor
from lenet.runtime.training.slices.count import least_rows, slice_count, training_bytes
from lenet.runtime.training.slices.shard import deal
from lenet.runtime.training.step import Trainer
from lenet.runtime.training.updater import updater_of

_SECONDS = 2.0  # how long each measurement goes on, at least
_TURN = 0.05  # and each turn of measurements that take turns
_LEAST = 3  # repetitions, at least
_PREDICTED = 10_000
_PROFILED = 64  # images: the blocks that layers work on together
_COMPILE = "import sys; from lenet.cli import main; sys.argv = ['lenet', *{!r}]; main()"


def bench(
    graph: Graph, compile_arguments: list[str], threads: int, batch: int | None
) -> dict[str, Any]:
    """All measurements, as `lenet bench --json` prints them.

    `compile_arguments` are those of a `lenet compile --json` for this net.
    """
    graph = replace(graph, augment=None)  # images are as they are, and none a mixture
    settings = graph.train or Train()
    batch = batch or settings.batch
    core_peak, peak = measure_peak(1), measure_peak(threads)
    found: dict[str, Any] = {
        "machine": _machine(threads, peak),
        "compile": _compile_times(compile_arguments),
    }
    program = compile_graph(graph)
    loaded = load(program)
    weights = initial_weights(program, settings.seed)
    images = images_for(graph, max(batch, _PREDICTED))
    profile = load(compile_graph(graph, probes=True))
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
            "kernels": _kernels(profile, train, images, weights, core_peak, training=True),
        }
    rate = _predict(loaded, images, weights, threads)
    predict = profile.program.predict_calls
    found["predict"] = {
        "images_per_second": rate,
        "share_of_peak": rate * 2 * sum(node.macs for node in graph.nodes) / peak,
        "one_image_microseconds": _one_image(graph, program, images, weights),
        "kernels": _kernels(profile, predict, images, weights, core_peak, training=False),
    }
    return {**found, "memory": memory}


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


def _normalization(graph_input: tuple[int, ...]) -> Normalization:
    channels = channels_of(graph_input)
    return Normalization(np.full(channels, 1 / 128, np.float32), np.full(channels, -1, np.float32))


def _repeated(work: Callable[[], Any], least: float | None = None) -> list[float]:
    """Seconds of each of enough repetitions, after one to warm up."""
    least = _SECONDS if least is None else least
    work()
    seconds: list[float] = []
    while len(seconds) < _LEAST or sum(seconds) < least:
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return seconds


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
        return statistics.median(_repeated(lambda: trainer.step(0, 0.0), _TURN))

    rounds: list[list[float]] = []
    _repeated(lambda: rounds.append([turn(trainer) for trainer in trainers]), least)
    seconds = map(statistics.median, zip(*rounds, strict=True))
    return [batch / s for (batch, _), s in zip(ways, seconds, strict=True)]


def _trainer(graph: Graph, loaded: Loaded, images: Images, batch: int, threads: int) -> Trainer:
    settings, data = graph.train or Train(), Images(images.pixels[:batch], images.labels[:batch])
    slices = slice_count(batch, least_rows(graph))
    importance = Importance() if loaded.program.weighted else None
    trainer = Trainer(
        loaded, deal(data, data, slices), _normalization(graph.input),
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


def _predict(
    loaded: Loaded, images: Images, weights: NDArray[np.float32], threads: int
) -> float:  # fmt: skip
    predictor = Predictor(loaded, threads).take(weights)
    pixels = images.pixels[:_PREDICTED].reshape(_PREDICTED, -1)
    normalization = _normalization(loaded.program.input)
    seconds = _repeated(lambda: predictor.outputs(pixels, normalization))
    return _PREDICTED / statistics.median(seconds)


def _one_image(
    graph: Graph, program: Program, images: Images, weights: NDArray[np.float32]
) -> float:
    """Microseconds of Model.predict for one image, the call from Python included."""
    channels = channels_of(graph.input)
    model = Model(
        graph.source, to_tensors(program, weights), tuple(map(str, range(graph.output[0]))),
        1 / 255, (0.5,) * channels, (0.25,) * channels,
    )  # fmt: skip
    model.__dict__["graph"] = graph  # with the constants that were set on the command line
    return statistics.median(_repeated(lambda: model.predict(images.pixels[:1]))) * 1e6


def _training_macs(graph: Graph) -> int:
    """Multiply-adds to train on one image: forward, and backward twice but for the first layer,
    whose input needs no gradient."""
    macs = [node.macs for node in graph.nodes if node.macs]
    return 3 * sum(macs) - macs[0]


def _kernels(
    profile: Loaded, calls: Iterable[Call], images: Images, weights: NDArray[np.float32],
    peak: float, training: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    """Each call's seconds for 1,000 images on one core, the median of several runs."""
    program, calls = profile.program, tuple(calls)
    pixels = frozen(images.pixels[:_PROFILED].reshape(_PROFILED, -1))
    rows = np.arange(_PROFILED, dtype=np.int64)
    normalization = _normalization(program.input)
    times = np.zeros(len(calls), np.int64)
    arena = aligned_floats(program.train_floats if training else program.predict_floats)
    data = (normalization.scale, normalization.shift)
    if training:
        gradient, totals = aligned_floats(program.gradient_floats), np.zeros(2)
        importance = Importance() if program.weighted else None
        slice_data = Batches(images, normalization, None, importance).of(rows, np.uint64(1))
        images_of_slice = (*slice_data, True, totals, times)
        state: tuple[NDArray[Any], ...] = (arena, weights, gradient)
        if len(program.phases) > 1:
            # Where the statistics of the batch should be there are ones: they cost the same.
            batch, sums = aligned_floats(program.batch_floats), np.zeros(program.batch_floats)
            batch[:] = 1
            arena = aligned_floats(program.slice_floats(_PROFILED))
            state = (arena, weights, gradient, batch, sums)
        train_slice = profile.train_slice(pixels.dtype)

        def run() -> None:
            if len(program.phases) == 1:
                return train_slice(*state, *images_of_slice)
            for number in range(len(program.phases)):
                train_slice(number, *state, *images_of_slice)
            return None
    else:
        outputs = np.zeros((_PROFILED, program.outputs.count), np.float32)
        folded = folded_weights(program, weights)
        predict_slice = profile.predict_slice(pixels.dtype)

        def run() -> None:
            predict_slice(arena, folded, pixels, rows, *data, True, outputs, times)

    seen: list[NDArray[np.int64]] = []

    def measured() -> None:
        times[:] = 0
        run()
        seen.append(times.copy())

    _repeated(measured)
    medians = np.median(np.array(seen[1:]), axis=0) / 1e9
    nodes = {node.name: node for node in (program.nodes if training else program.predict_nodes)}
    return [_kernel(c, nodes, seconds, peak) for c, seconds in zip(calls, medians, strict=True)]


def _kernel(call: Call, nodes: dict[str, Node], seconds: float, peak: float) -> dict[str, Any]:
    node = nodes.get(call.node)
    works = call.function.rpartition("_")[2] in ("forward", "gradient", "backward")
    operations = 2 * node.macs * _PROFILED if node is not None and works else 0
    parts = () if node is None else [p for p in parts_of(node) if p not in node.folded]
    rate = operations / seconds if seconds else 0.0
    return {
        "name": call.function,
        "lines": sorted(part.line for part in parts),
        "seconds": float(seconds) * 1000 / _PROFILED,
        "gflops": float(rate) / 1e9,
        "share_of_peak": float(rate / peak),
    }
