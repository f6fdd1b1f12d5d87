"""What `lenet predict` reads: image files, IDX files, and folders of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsl.errors import LenetError
from dsl.messages import product, show
from runtime.data import is_idx
from runtime.data.idx import read_images

IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
_TOGETHER = 1024


def read_inputs(
    paths: list[Path], shape: tuple[int, ...], resize: bool
) -> Iterator[tuple[list[str], NDArray[Any]]]:
    """Batches of (names, uint8 images of the model's shape)."""
    names: list[str] = []
    pixels: list[NDArray[Any]] = []
    for path in _files(paths):
        if is_idx(path):
            images = read_images(path)
            _check(path, images.shape[1:], shape)
            for start in range(0, len(images), _TOGETHER):
                part = images[start : start + _TOGETHER]
                yield [f"{path}[{k}]" for k in range(start, start + len(part))], part
            continue
        names.append(str(path))
        pixels.append(read_image(path, shape, resize))
        if len(names) == _TOGETHER:
            yield names, np.stack(pixels)
            names, pixels = [], []
    if names:
        yield names, np.stack(pixels)


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(p for p in path.rglob("*") if p.suffix.lower() in IMAGE_ENDINGS)
        if not found:
            endings = ", ".join(IMAGE_ENDINGS)
            raise LenetError(f"the folder {path} has no images", f"I look for {endings}.")
        yield from found


def read_image(path: Path, shape: tuple[int, ...], resize: bool) -> NDArray[np.uint8]:
    """A picture as bytes (channels, height, width), grey or RGB as the model wants it."""
    from PIL import Image, UnidentifiedImageError

    if len(shape) != 3 or shape[0] not in (1, 3):
        raise LenetError(
            f"the model's input is {show(shape)}, which is no picture",
            "Pictures are 1 x height x width or 3 x height x width.",
        )
    channels, height, width = shape
    try:
        with Image.open(path) as file:
            picture = file.convert("L" if channels == 1 else "RGB")
            if resize and picture.size != (width, height):
                picture = picture.resize((width, height), Image.Resampling.BILINEAR)
            pixels = np.asarray(picture, np.uint8)
    except FileNotFoundError:
        raise LenetError(f"there is no file {path}") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise LenetError(f"{path} is no picture that can be read", str(error)) from None
    pixels = pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)
    _check(path, pixels.shape, shape)
    return pixels


def _check(path: Path, given: tuple[int, ...], shape: tuple[int, ...]) -> None:
    if given != shape and (product(given),) != shape:
        raise LenetError(
            f"{path} does not fit the model",
            f"It is {show(given)}, the model's input is {show(shape)}.",
            "resize pictures with --resize",
        )
