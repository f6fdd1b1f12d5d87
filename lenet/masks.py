"""Masks as pictures: a PNG with a palette, whose values are the numbers of classes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError

if TYPE_CHECKING:
    from PIL import Image

_COLOURS = 256
_NONE = 128  # grey


def mask_picture(mask: NDArray[Any]) -> "Image.Image":
    """The classes (height, width) of an image's places; LenetError where there are too many."""
    from PIL import Image

    if mask.dtype.itemsize > 1:
        title = f"a mask of more than {_COLOURS} classes is no picture with a palette"
        raise LenetError(title, "", "take `masks` of a prediction in Python")
    picture = Image.fromarray(mask)
    picture.putpalette([part for k in range(_COLOURS) for part in _colour(k)])
    return picture


def write_mask(path: Path, mask: NDArray[Any]) -> None:
    """Write such a picture; LenetError where that cannot be."""
    picture = mask_picture(mask)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path, optimize=False, bits=8)
    except OSError as error:
        raise LenetError(f"cannot write {path}", error.strerror or str(error)) from None


def coloured(mask: NDArray[Any]) -> NDArray[np.uint8]:
    """Classes (height, width) as RGB behind these; places below 0, which have none, are grey."""
    colours = np.array([_colour(k) for k in range(_COLOURS)], np.uint8)
    found = colours[mask % _COLOURS]
    found[mask < 0] = _NONE
    return found


def _colour(number: int) -> tuple[int, int, int]:
    """Black for 0, and colours that are far from each other for those that follow: the bits of the
    number, by turns, are the highest ones of red, green and blue."""
    parts = [0, 0, 0]
    for bit in range(8):
        parts[bit % 3] |= (number >> bit & 1) << (7 - bit // 3)
    return parts[0], parts[1], parts[2]
