"""How a net's outputs change with the values of its images."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import load
from lenet.compiler.kernels.shared.normalization import deviation
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.program import Program
from lenet.dsl.graph import Graph
from lenet.runtime.machine.arrays import aligned_floats, frozen
from lenet.runtime.training.arguments import check_images
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.parameters import from_tensors

Floats = NDArray[np.float32]


class InputGradient:
    """Of a net with these weights, as it is in prediction; its kernels are compiled when they are
    first used."""

    def __init__(self, graph: Graph, tensors: Mapping[str, Floats]) -> None:
        self.loaded = load(compile_graph(graph, input_gradient=True))
        self.program = self.loaded.program
        self.weights = from_tensors(self.program, tensors)
        self.batch = _running(self.program, self.weights)

    def is_compiled(self, pixels: np.dtype[Any]) -> bool:
        """Whether its kernels for such images are in the cache."""
        return self.loaded.is_kept("input_gradient", pixels)

    def of(
        self, pixels: NDArray[np.generic], normalization: Normalization, slopes: Floats
    ) -> Floats:
        """(count, values of an image): how the sum of the outputs, each times its number in
        `slopes` (count, outputs), changes with each value that the net sees, which is that of the
        `pixels` (count, values of an image) when they are normalized."""
        check_images(self.program, pixels, normalization.scale.size)
        assert self.program.input_gradient is not None
        count = len(pixels)
        gradient = aligned_floats(self.program.gradient_floats)
        outputs = np.zeros((count, math.prod(pixels.shape[1:])), np.float32)
        self.loaded.input_gradient(pixels.dtype)(
            aligned_floats(self.program.input_gradient.floats), self.weights, gradient,
            self.batch, frozen(pixels), np.arange(count, dtype=np.int64), normalization.scale,
            normalization.shift, True, frozen(np.ascontiguousarray(slopes, np.float32)), outputs,
        )  # fmt: skip
        return outputs


def _running(program: Program, weights: Floats) -> Floats:
    """What normalizations are told of the batch in training, of the running statistics: means and
    one over the deviations. These do not change with an image, so the other two are 0."""
    assert program.input_gradient is not None
    batch = aligned_floats(program.input_gradient.batch_floats)
    batch[:] = 0
    slots = {slot.name: slot.offset for slot in program.slots}
    for sync in program.input_gradient.normalizations:
        node, c = sync.node, sync.channels
        mean, variance = (slots[f"{node.name}.{name}"] for name in ("mean", "variance"))
        wide = weights[variance : variance + c].astype(np.float64)
        batch[sync.at : sync.at + c] = weights[mean : mean + c]
        batch[sync.at + c : sync.at + 2 * c] = 1 / deviation(wide, node.arguments["epsilon"])
    return batch
