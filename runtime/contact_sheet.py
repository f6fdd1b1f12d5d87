"""Images of each class on one sheet, as a PNG."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.messages.clean import clean

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageDraw import ImageDraw

Bytes = NDArray[np.uint8]

_SIDE = 64  # pixels of an image's longer side that is small, about
_LARGEST = 96  # and of one that is large
_GAP, _APART, _EDGE = 4, 18, 16  # between images, between groups, around the sheet
_LABEL = 150  # the width of the column of names
_HEAD = 80  # the height of what stands above the images
_LEAST_HEIGHT = 40  # of a row, in which two lines of text have room
_NAME, _SMALL = 16, 13  # sizes of text
_MOST_LETTERS = 80  # of a name, however small they are
_INK, _GREY, _GROUND = "#222222", "#6a6a6a", "#ececec"  # on which white images end, too


@dataclass(frozen=True)
class Row:
    """A class, by its name, with a few words more; its pictures in groups, grey (height, width) or
    RGB behind these."""

    name: str
    words: str
    groups: Sequence[Sequence[Bytes]]


def contact_sheet(
    title: str, words: str, heads: Sequence[str], count: int, rows: Sequence[Row]
) -> bytes:
    """The PNG. Each row has a group for each of the `heads`, with `count` pictures or fewer."""
    from PIL import Image, ImageDraw

    shown = [[[_fitted(p) for p in group] for group in row.groups] for row in rows]
    title = clean(title)[:_MOST_LETTERS]
    sizes = [p.size for row in shown for group in row for p in group] or [(_SIDE, _SIDE)]
    wide, tall = (max(size[k] for size in sizes) for k in (0, 1))
    across = count * (wide + _GAP) - _GAP
    down = max(tall, _LEAST_HEIGHT) + _GAP
    least = _EDGE * 2 + _width(title, _NAME)
    width = max(least, 2 * _EDGE + _LABEL + len(heads) * (across + _APART) - _APART)
    sheet = Image.new("RGB", (width, _HEAD + len(rows) * down + _EDGE), _GROUND)
    draw = ImageDraw.Draw(sheet)
    _write(draw, (_EDGE, 12), title, _NAME, _INK)
    _write(draw, (_EDGE, 33), words, _SMALL, _GREY)
    left = _EDGE + _LABEL
    for number, head in enumerate(heads):
        _write(draw, (left + number * (across + _APART), _HEAD - 19), head, _SMALL, _GREY)
    for number, (row, groups) in enumerate(zip(rows, shown, strict=True)):
        top = _HEAD + number * down
        middle = top + (down - _GAP) // 2
        _write(draw, (_EDGE, middle - 19), _short(row.name), _NAME, _INK)
        _write(draw, (_EDGE, middle + 1), row.words, _SMALL, _GREY)
        for place, group in enumerate(groups):
            x = left + place * (across + _APART)
            for k, picture in enumerate(group):
                at = (wide - picture.width) // 2, (down - _GAP - picture.height) // 2
                sheet.paste(picture, (x + k * (wide + _GAP) + at[0], top + at[1]))
    buffer = io.BytesIO()
    sheet.save(buffer, "png", optimize=True)
    return buffer.getvalue()


def pictures_of(pixels: NDArray[np.generic], least: float, most: float) -> list[Bytes]:
    """Images, (count, channels, height, width), as pictures of which `least` is black and `most` is
    white. Of other channels than grey or RGB, the mean is shown; vectors are laid out in rows."""
    values = np.nan_to_num(pixels.astype(np.float64))
    values = np.clip((values - least) / ((most - least) or 1.0), 0, 1)
    if values.shape[1] not in (1, 3):
        values = values.mean(axis=1, keepdims=True)
    if is_vector(values.shape[1:]):
        values = _in_rows(values)
    found = np.rint(values * 255).astype(np.uint8).transpose(0, 2, 3, 1)
    return [picture[:, :, 0] if picture.shape[2] == 1 else picture for picture in found]


def is_vector(shape: tuple[int, ...]) -> bool:
    """Whether images of channels x height x width are none, but vectors."""
    return shape[0] == shape[1] == 1


def row_length(count: int) -> int:
    """How many values of a vector stand in a row: those of a square, if it can be one."""
    return math.isqrt(count - 1) + 1


def _in_rows(values: NDArray[np.float64]) -> NDArray[np.float64]:
    count = values.shape[3]
    wide = row_length(count)
    tall = -(-count // wide)
    filled = np.ones((len(values), 1, tall * wide))
    filled[:, 0, :count] = values[:, 0, 0]
    return filled.reshape(len(values), 1, tall, wide)


def _fitted(pixels: Bytes) -> "Picture":
    """A small picture with its pixels as squares, a large one made smaller."""
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(pixels)).convert("RGB")
    longer = max(picture.size)
    if longer > _LARGEST:
        size = [max(1, round(side * _LARGEST / longer)) for side in picture.size]
        return picture.resize((size[0], size[1]), Image.Resampling.BOX)
    times = max(1, round(_SIDE / longer))
    return picture.resize((picture.width * times, picture.height * times), Image.Resampling.NEAREST)


def _short(name: str) -> str:
    """So much of a name as has room."""
    text = clean(name)[:_MOST_LETTERS]
    while _width(text, _NAME) > _LABEL - 12:
        text = text.removesuffix("…")[:-1] + "…"
    return text


def _width(text: str, size: int) -> int:
    from PIL import ImageFont

    return math.ceil(ImageFont.load_default(size).getlength(text))


def _write(draw: "ImageDraw", at: tuple[int, int], text: str, size: int, colour: str) -> None:
    from PIL import ImageFont

    draw.text(at, text, fill=colour, font=ImageFont.load_default(size))
