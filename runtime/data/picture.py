"""A picture before it is an image: why it cannot be used, and how bright its border is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class PictureError(ValueError):
    """Why a picture cannot be used."""


class SizeError(PictureError):
    """It has another size than the net takes, and nothing says how to change that."""


def border_of(values: NDArray[Any]) -> float:
    """The brightness that half of the border's pixels reach, of (height, width) or (height, width,
    channels)."""
    grey = values if values.ndim == 2 else values.mean(axis=2)
    edges = grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]
    return float(np.median(np.concatenate(edges)))
