"""Which pixels decided what a model says of an image.

Of classes, what is looked at is the score of one of them: its log-probability, less the mean of all
classes' ones. It is what the last layer gives before its softmax, but for what all classes have in
common, and so tells something where a probability is as good as 1, too. Of numbers, and of yes or
no, it is the net's output.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.graph import Graph
from lenet.dsl.registry import layers
from lenet.dsl.shapes import product
from lenet.runtime.models.given_images import prepared
from lenet.runtime.training.input_gradient import InputGradient

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model

Floats = NDArray[np.float32]

_PARTS = 7  # windows, side by side without overlap, along an image's longer side
_LEAST = 1e-30  # what a probability of 0 is taken for


@dataclass(frozen=True, eq=False)
class Decided:
    """Of some images, maps (count, height, width): `gradient` times input, summed over channels,
    None where its kernels would have to be compiled first; and how much the score falls where a
    window of the image is hidden (`occlusion`), `window` pixels high and wide. Positive where
    pixels speak for the answer."""

    gradient: NDArray[np.float64] | None
    occlusion: NDArray[np.float64]
    window: tuple[int, int]


def decided(
    model: "Model", pixels: NDArray[Any], outputs: NDArray[np.int64], compiling: bool = True
) -> Decided:
    """Of images (count, channels, height, width), as the model takes them, and the number of the
    output of each that is asked for: a class, a number, or a question. Without `compiling`, kernels
    that are not there already are done without."""
    hidden, window = _occlusion(model, pixels, outputs)
    slopes = _slopes(model, (len(pixels), product(model.graph.output)), outputs)
    return Decided(_gradient(model, pixels, slopes, compiling), hidden, window)


def windows_of(height: int, width: int) -> tuple[tuple[int, int], list[tuple[int, int]]]:
    """The height and width of what is hidden at once, and where it begins: each time half a window
    further, and so that it reaches the last row and column."""
    side = max(1, -(-max(height, width) // _PARTS))
    size = min(side, height), min(side, width)
    starts = [
        sorted({*range(0, whole - part, max(1, part // 2)), whole - part})
        for whole, part in zip((height, width), size, strict=True)
    ]
    return size, [(row, column) for row in starts[0] for column in starts[1]]


def _occlusion(
    model: "Model", pixels: NDArray[Any], outputs: NDArray[np.int64]
) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """What is hidden has the mean of the training images' channels, where the file says
    `normalize`; else 0."""
    count, channels, height, width = pixels.shape
    size, places = windows_of(height, width)
    mean = np.broadcast_to(np.array(model.mean, np.float64), (channels,))
    if pixels.dtype == np.uint8:
        mean = np.clip(np.rint(mean / model.pixel_scale), 0, 255)
    fill = mean.astype(pixels.dtype)[:, None, None]
    found = np.zeros((count, height, width))
    for k in range(count):
        tried = np.repeat(pixels[k : k + 1], len(places) + 1, axis=0)
        for n, (row, column) in enumerate(places):
            tried[n + 1, :, row : row + size[0], column : column + size[1]] = fill
        said = _scores(model, model.outputs(tried), np.repeat(outputs[k : k + 1], len(tried)))
        times = np.zeros((height, width))
        for n, (row, column) in enumerate(places):
            here = slice(row, row + size[0]), slice(column, column + size[1])
            found[k][here] += said[0] - said[n + 1]
            times[here] += 1
        found[k] /= times
    return found, size


def _gradient(
    model: "Model", pixels: NDArray[Any], slopes: Floats, compiling: bool
) -> NDArray[np.float64] | None:
    gradient = InputGradient(_before_softmax(model.graph), model.tensors)
    if not compiling and not gradient.is_compiled(pixels.dtype):
        return None
    flat, normalization = prepared(model, pixels)
    found = gradient.of(flat, normalization, slopes).reshape(pixels.shape)
    channels = normalization.scale.size
    scale, shift = (
        values.astype(np.float64).reshape(1, channels, *(1,) * (pixels.ndim - 2))
        for values in (normalization.scale, normalization.shift)
    )
    return (found * (pixels * scale + shift)).sum(axis=1)


def _before_softmax(graph: Graph) -> Graph:
    """The net without a last layer that makes probabilities of its scores: where one of them is as
    good as 1, they do not change with anything. Scores differ as their logarithms do."""
    if layers()[graph.nodes[-1].kind].gives != "probabilities":
        return graph
    return graph.with_nodes(graph.nodes[:-1])


def _scores(
    model: "Model", said: NDArray[np.float32], outputs: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The score of one output of each image."""
    values, rows = said.astype(np.float64), np.arange(len(said))
    if model.unit is not None:
        return values[rows, outputs]
    logs = values if model.logarithmic else np.log(np.maximum(values, _LEAST))
    return logs[rows, outputs] - logs.mean(axis=1)


def _slopes(model: "Model", shape: tuple[int, ...], outputs: NDArray[np.int64]) -> Floats:
    """How the scores change with the net's outputs, which of classes are scores or
    log-probabilities."""
    slopes = np.zeros(shape, np.float64)
    slopes[np.arange(shape[0]), outputs] = 1
    if model.unit is None:
        slopes -= 1 / shape[1]
    return slopes.astype(np.float32)
