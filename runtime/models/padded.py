"""Images as they are in the data, padded as the data section says."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.shapes import Shape, product


def padded(images: NDArray[Any], bare: Shape, shape: Shape) -> NDArray[Any]:
    """Images of the shape `bare` with zeros around them, so that they have that of the net's input;
    all others as they are."""
    if bare == shape or images.ndim == 0 or len(shape) != 3:
        return images
    if images.shape[1:] == (product(bare),):
        images = images.reshape(-1, *bare)
    if images.shape[-2:] != bare[1:] or images.ndim > 4:
        return images
    down, across = (shape[1] - bare[1]) // 2, (shape[2] - bare[2]) // 2
    return np.pad(images, [(0, 0)] * (images.ndim - 2) + [(down, down), (across, across)])
