"""Answers that are pictures, as PNGs: black is 0, and white is 1."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.dsl.shapes import Shape
from lenet.runtime.models.model import Model


def answered_shape(graph: Graph, image: Shape) -> Shape | None:
    """(channels, height, width) of the pictures that a net answers with, if it does; `image` is
    that of what it sees."""
    if graph.answers != "numbers":
        return None
    shape = graph.output
    if graph.gives_images:
        shape = graph.input if len(graph.input) == 3 else image
    return shape if len(shape) == 3 and shape[0] in (1, 3) and min(shape[1:]) > 1 else None


def without_pad(picture: NDArray[Any], graph: Graph) -> NDArray[Any]:
    """What the rows and columns of zeros that the data section puts around are left out of."""
    if not graph.gives_images or graph.data is None:
        return picture
    (down, across), (height, width) = graph.data.pad, picture.shape[1:]
    return picture[:, down : height - down, across : width - across]


def difference(model: Model, image: NDArray[Any], values: NDArray[np.float32]) -> float:
    """The root of the mean square of what a net that gives images back makes different of one:
    black is 0 there, and white 1."""
    seen = image.astype(np.float64)
    if image.dtype == np.uint8:
        seen *= model.pixel_scale
    answered = values.astype(np.float64)
    if len(model.graph.input) == 3:
        answered = without_pad(answered.reshape(model.graph.input), model.graph)
    return float(np.sqrt(np.mean((answered.reshape(-1) - seen.reshape(-1)) ** 2)))


def write_picture(path: Path, values: NDArray[np.float32]) -> None:
    """Write numbers (1 or 3, height, width); what is below 0 is black, and what is above 1 white.
    LenetError where that cannot be."""
    from PIL import Image

    light = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    picture = Image.fromarray(light[0] if len(light) == 1 else light.transpose(1, 2, 0))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
    except OSError as error:
        raise LenetError(f"cannot write {path}", error.strerror or str(error)) from None
