"""What `lenet predict` reads: pictures, folders of pictures, and IDX files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsl.errors import LenetError
from dsl.shapes import product, show
from runtime.data import is_idx
from runtime.data.idx import read_images
from runtime.data.pictures import ENDINGS, decode

_TOGETHER = 1024


def read_inputs(
    paths: list[Path], shape: tuple[int, ...], resize: bool
) -> Iterator[tuple[list[str], NDArray[Any]]]:
    """Batches of (names, images of the model's shape), in the order of `paths`.

    A picture's values go from 0 (black) to 1 (white), whatever the bytes of the training data
    stand for; an IDX file's are bytes as in the training data.
    """
    names: list[str] = []
    pixels: list[NDArray[Any]] = []
    for path in _files(paths):
        if is_idx(path):
            if names:
                yield names, np.stack(pixels)
                names, pixels = [], []
            images = read_images(path)
            _check(path, images.shape[1:], shape, "")
            for start in range(0, len(images), _TOGETHER):
                part = images[start : start + _TOGETHER]
                yield (
                    [f"{path}[{k}]" for k in range(start, start + len(part))],
                    part.reshape(-1, *shape),
                )
            continue
        names.append(str(path))
        pixels.append(read_image(path, shape, resize).reshape(shape))
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
        files = (p for p in path.rglob("*") if p.is_file())
        found = sorted(p for p in files if p.suffix.lower() in ENDINGS)
        if not found:
            endings = ", ".join(ENDINGS)
            raise LenetError(f"the folder {path} has no pictures", f"I look for {endings}.")
        yield from found


def read_image(path: Path, shape: tuple[int, ...], resize: bool) -> NDArray[np.float32]:
    """A picture as values from 0 to 1 (channels, height, width), grey or RGB as the model's."""
    from PIL import Image

    if len(shape) == 3 and shape[0] not in (1, 3) or len(shape) == 1 and resize:
        raise LenetError(
            f"the model's input is {show(shape)}, which is no picture's size",
            "Pictures are 1 x height x width or 3 x height x width.",
        )
    try:
        with Image.open(path) as file:
            picture = decode(file, grey=shape[0] != 3)
    except FileNotFoundError:
        raise LenetError(f"there is no file {path}") from None
    except (OSError, ValueError, SyntaxError, TypeError, Image.DecompressionBombError) as error:
        raise LenetError(f"{path} is no picture that can be read", _reason(error)) from None
    if resize:
        picture = picture.resize((shape[2], shape[1]), Image.Resampling.BILINEAR)
    pixels = np.asarray(picture, np.float32) / np.float32(255)
    pixels = pixels.transpose(2, 0, 1) if pixels.ndim == 3 else pixels[None]
    _check(path, pixels.shape, shape, "resize pictures with --resize" if len(shape) == 3 else "")
    return pixels


def _reason(error: Exception) -> str:
    from PIL import UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "It is neither a picture, such as PNG or JPEG, nor an IDX file."
    return str(error)


def _check(path: Path, given: tuple[int, ...], shape: tuple[int, ...], fix: str) -> None:
    if given != shape and (product(given),) != shape:
        raise LenetError(
            f"{path} does not fit the model",
            f"It is {show(given)}, the model's input is {show(shape)}.",
            fix,
        )
