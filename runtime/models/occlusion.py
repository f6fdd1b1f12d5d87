"""What a model's answer hangs on: parts of an image are hidden, one after the other.

M. D. Zeiler and R. Fergus, "Visualizing and understanding convolutional networks", ECCV 2014,
section 4.2.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product as pairs
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.dsl.shapes import as_image, product
from lenet.runtime.data.features import Features
from lenet.runtime.models.prediction import Answered, Prediction

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model

_PARTS = 4  # a square is such a part of the shorter side
_MACS = (
    4 * 10**9
)  # multiply-adds that may be spent; where they do not do, squares lie further apart
_TOGETHER = 64  # images that are predicted at once, which bounds the memory


@dataclass(frozen=True, eq=False)
class Occlusion:
    """How an answer changes where a square of an image is hidden.

    `falls` (height, width) is by how much it is less where a place is hidden, the mean of all
    squares over that place; a vector has a height of 1. `number` is the answer's, `value` what it
    is of the whole image, `least` the least of those with a hidden square, (`side`, `side`). Of a
    table's row, `falls` are (1, columns), and `columns` their names.
    """

    falls: NDArray[np.float64]
    number: int
    value: float
    least: float
    side: int
    columns: tuple[str, ...] = ()


def occluded(model: "Model", image: NDArray[np.generic], number: int | None = None) -> Occlusion:
    """Of an image as `Model.outputs` takes it, of the shape of those that the model was trained on.
    The answer is that of class, or of output, `number`; by default the likeliest class, or the
    first output. What is hidden has the training images' mean; a column is as if it was not known.
    LenetError for other numbers."""
    if model.features is not None:
        return _occluded_columns(model, model.features, np.asarray(image).ravel(), number)
    shape = as_image(model.image_shape)
    whole = np.asarray(image).reshape(shape)
    values = _values(model, whole[None])[0]
    number = _chosen(model, values, number)
    _, height, width = shape
    places = _places(height, width, sum(node.macs for node in model.graph.nodes))
    fill = _fill(model, whole)
    falls, covered = np.zeros((height, width)), np.zeros((height, width))
    least = float(values[number])
    for start in range(0, len(places), _TOGETHER):
        some = places[start : start + _TOGETHER]
        hidden = np.repeat(whole[None], len(some), axis=0)
        for copy, (rows, columns) in zip(hidden, some, strict=True):
            copy[:, rows, columns] = fill
        for place, value in zip(some, _values(model, hidden)[:, number], strict=True):
            falls[place] += float(values[number]) - float(value)
            covered[place] += 1
            least = min(least, float(value))
    side = places[0][1].stop - places[0][1].start
    return Occlusion(falls / covered, number, float(values[number]), least, side)


def _values(model: "Model", images: NDArray[np.generic]) -> NDArray[np.float32]:
    """Probabilities of classes, or the other answers: (count, answers)."""
    found = model.predict(images.reshape(len(images), *model.image_shape), in_blocks=True)
    assert isinstance(found, Prediction | Answered)
    return found.probabilities if isinstance(found, Prediction) else found.values


def _chosen(model: "Model", values: NDArray[np.float32], number: int | None) -> int:
    if number is None:
        return int(values.argmax()) if model.graph.answers in ("class", "places") else 0
    if not 0 <= number < len(values):
        title = f"there is no answer {number}"
        raise LenetError(title, f"The model has {len(values):,}, counted from 0.")
    return number


def _places(height: int, width: int, macs: int) -> list[tuple[slice, slice]]:
    """Squares that cover everything; of a vector, runs of values."""
    side = max(1, round(min(height, width) / _PARTS))
    step = 1
    while step < side and _count(height, side, step) * _count(width, side, step) * macs > _MACS:
        step += 1
    if height == 1:
        side = step = max(1, min(width, -(-width * macs // _MACS)))
    return [
        (slice(top, top + min(side, height)), slice(left, left + side))
        for top, left in pairs(_starts(height, side, step), _starts(width, side, step))
    ]


def _count(length: int, side: int, step: int) -> int:
    return len(_starts(length, side, step))


def _starts(length: int, side: int, step: int) -> list[int]:
    """The last one ends with the image."""
    last = max(0, length - side)
    return sorted({*range(0, last, step), last})


def _fill(model: "Model", image: NDArray[np.generic]) -> NDArray[np.generic]:
    """The training images' mean, a value for each channel."""
    mean = np.array(model.mean)
    if image.dtype == np.uint8:
        mean = np.rint(mean / model.pixel_scale)
    return mean.astype(image.dtype)[:, None, None]


def _occluded_columns(
    model: "Model", features: Features, row: NDArray[np.generic], number: int | None
) -> Occlusion:
    nothing = {name: pa.nulls(1) for name in features.names}
    unknown = np.nan_to_num(features.encode(pa.table(nothing)).values[0])
    hidden = np.repeat(row[None], len(features.names), axis=0)
    for copy, name in zip(hidden, features.names, strict=True):
        for place in _places_of(features, name):
            copy[place] = unknown[place]
    values = _values(model, np.concatenate([row[None], hidden]))
    number = _chosen(model, values[0], number)
    found = values[:, number].astype(np.float64)
    falls = found[:1] - found[1:]
    return Occlusion(
        falls[None], number, float(found[0]), float(found.min()), 1, features.names
    )  # fmt: skip


def _places_of(features: Features, name: str) -> Iterator[slice]:
    """Where a column's values lie in a row: one of each number, all of other inputs."""
    first = 0
    for given, names in zip(features.inputs, features.columns, strict=True):
        size = product(given.shape)
        each = size if given.has_codes else 1
        for place, own in enumerate(names):
            if own == name:
                yield slice(first + place * each, first + place * each + each)
        first += size
