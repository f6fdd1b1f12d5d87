"""How long something takes, and each kernel of a net."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import Loaded
from lenet.compiler.kernels import parts_of
from lenet.compiler.memory.phase import Call
from lenet.compiler.program import TOTALS
from lenet.compiler.target import LANES
from lenet.dsl.graph import Node
from lenet.dsl.shapes import channels_of
from lenet.runtime.data.dataset import Images
from lenet.runtime.machine.arrays import aligned_floats, frozen
from lenet.runtime.machine.thread_pool import Team
from lenet.runtime.training.batches import Batches, Importance
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.prepared import Prepared

SECONDS = 2.0  # how long each measurement goes on, at least
_LEAST = 3  # repetitions, at least
PROFILED = 64  # images: the blocks that layers work on together


def normalization_for(graph_input: tuple[int, ...]) -> Normalization:
    """Of made-up bytes, to values around 0."""
    channels = channels_of(graph_input)
    return Normalization(np.full(channels, 1 / 128, np.float32), np.full(channels, -1, np.float32))


def repeated(work: Callable[[], Any], least: float | None = None) -> list[float]:
    """Seconds of each of enough repetitions, after one to warm up."""
    least = SECONDS if least is None else least
    work()
    seconds: list[float] = []
    while len(seconds) < _LEAST or sum(seconds) < least:
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return seconds


def kernel_times(
    profile: Loaded, calls: Iterable[Call], images: Images, weights: NDArray[np.float32],
    peak: float, batch: int | None, quick: bool = False,
) -> list[dict[str, Any]]:  # fmt: skip
    """Each call's seconds for 1,000 images on one core, the median of several runs: in training,
    in steps of a `batch`, which prepare new weights once, or in prediction, if there is none.
    `weights` are as the functions take them. A `quick` look is one run of a block's images."""
    count, training = LANES if quick else PROFILED, batch is not None
    program, calls = profile.program, tuple(calls)
    times = np.zeros(len(calls), np.int64)
    run = (_training if training else _prediction)(profile, images, weights, count, times)
    seen: list[NDArray[np.int64]] = []

    def measured() -> None:
        times[:] = 0
        run()
        seen.append(times.copy())

    if quick:
        measured()
    else:
        repeated(measured)
        del seen[0]  # it was to warm up
    medians = np.median(np.array(seen), axis=0) * (1000 / count) / 1e9
    if batch is not None:
        medians[len(calls) - len(program.preparations) :] *= count / batch
    nodes = {node.name: node for node in (program.nodes if training else program.predict_nodes)}
    return [_kernel(c, nodes, seconds, peak) for c, seconds in zip(calls, medians, strict=True)]


def _training(
    profile: Loaded, images: Images, weights: NDArray[np.float32], count: int,
    times: NDArray[np.int64],
) -> Callable[[], None]:  # fmt: skip
    """A step of a slice of so many images, up to the gradients."""
    program, normalization = profile.program, normalization_for(profile.program.input)
    rows = np.arange(count, dtype=np.int64)
    gradient, totals = aligned_floats(program.gradient_floats), np.zeros(TOTALS)
    importance = Importance() if program.weighted else None
    slice_data = Batches(images, normalization, None, importance).of(rows, np.uint64(1))
    prepared, alone = Prepared(profile, 1), Team(1)
    images_of_slice = (*slice_data, prepared.floats, totals, times)
    state: tuple[NDArray[Any], ...]
    if len(program.phases) > 1:
        # Where the statistics of the batch should be there are ones: they cost the same.
        batch, sums = aligned_floats(program.batch_floats), np.zeros(program.batch_floats)
        batch[:] = 1
        state = (aligned_floats(program.slice_floats(count)), weights, gradient, batch, sums)
    else:
        state = (aligned_floats(program.train_floats), weights, gradient)
    train_slice = profile.train_slice(images.pixels.dtype)

    def run() -> None:
        for number in range(len(program.phases)):
            prepared.fill(alone, 1, weights, number, times)
            which = (number,) if len(program.phases) > 1 else ()
            train_slice(*which, *state, *images_of_slice)

    return run


def _prediction(
    profile: Loaded, images: Images, weights: NDArray[np.float32], count: int,
    times: NDArray[np.int64],
) -> Callable[[], None]:  # fmt: skip
    """Of so many images together."""
    program, normalization = profile.program, normalization_for(profile.program.input)
    pixels = frozen(images.pixels[:count].reshape(count, -1))
    rows = np.arange(count, dtype=np.int64)
    outputs = np.zeros((count, program.outputs.count), np.float32)
    arena, predict_slice = (
        aligned_floats(program.predict_floats),
        profile.predict_slice(pixels.dtype),
    )
    data = (normalization.scale, normalization.shift)

    def run() -> None:
        predict_slice(arena, weights, pixels, rows, *data, True, outputs, times)

    return run


def _kernel(call: Call, nodes: dict[str, Node], seconds: float, peak: float) -> dict[str, Any]:
    node = nodes.get(call.node)
    works = call.function.rpartition("_")[2] in ("forward", "gradient", "backward")
    operations = 2 * node.macs * 1000 if node is not None and works else 0
    parts = () if node is None else [p for p in parts_of(node) if p not in node.folded]
    rate = operations / seconds if seconds else 0.0
    return {
        "name": call.function,
        "lines": sorted(part.line for part in parts),
        "seconds": float(seconds),
        "gflops": float(rate) / 1e9,
        "share_of_peak": float(rate / peak),
    }
