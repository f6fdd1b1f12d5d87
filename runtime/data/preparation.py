"""A picture of any kind as an image of the net: one way for training and for every prediction.

Turned as its camera held it, laid on a background where it is transparent, grey or RGB in 8 bits a
channel, dark and light changed where that is due, and brought to the net's size.
"""

import io
import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.dsl.files import read_file
from lenet.dsl.sections.data import Data
from lenet.runtime.data.formats.drawing import cut_out, is_cut_out
from lenet.runtime.data.picture import PictureError, SizeError, border_of

if TYPE_CHECKING:
    from PIL.Image import Image, Resampling

Borders = tuple[float, float]
Box = tuple[int, int, int, int]  # top, left, height and width, of whole pixels
Window = Callable[[int, int], Box | None]  # of a picture of a height and width; None: all of it
Bytes = NDArray[np.uint8]
# What was done to a picture that its owner may not expect.
INVERTED, DRAWN, RESIZED = "inverted", "drawn", "resized"
# Those that are read; Pillow knows others, for some of which it would start other programs.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")
_MANY = 2**24  # pixels, whose unpacking takes time and memory
_SWALLOWED = 64  # values between the darkest and the lightest pixel of what is hardly to be seen
_CLEARLY = 0.3  # how much nearer to the training images' borders an inverted picture's is
MOST_BYTES = 2**30  # of a picture's file


@dataclass(frozen=True, eq=False)
class Prepared:
    """`pixels` are bytes, (channels, height, width), from black to white; `done` is what was done
    to the picture, of INVERTED, DRAWN and RESIZED."""

    pixels: Bytes
    done: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preparation:
    """How a picture becomes an image of `shape`, (channels, height, width).

    `resize` is "fit", "crop", which leaves a `part` of height and width, or "stretch", or None to
    refuse other sizes. `background` lies below
    what is transparent, and around what is fitted: a word of the language, or a brightness from 0
    to 1. `invert` is "no", "yes", or "auto": where a picture's border is clearly the negative of
    `borders`, the brightness (0 to 1) of nearly all training images' borders; without these, where
    it is light. With `drawn`, drawings are cut out, as those of the training images were, so that
    they fit into a square of so many pixels; see runtime/data/formats/drawing.py.
    """

    shape: tuple[int, int, int]
    resize: str | None = None
    background: str | float = ""
    invert: str = "no"
    borders: Borders | None = None
    drawn: int | None = None
    part: float = 1.0

    @classmethod
    def of(cls, data: Data | None, shape: tuple[int, int, int]) -> "Preparation":
        """That of a data section's training images."""
        if data is None:
            return cls(shape)
        mode = data.resize_mode if data.resize else None
        return cls(shape, mode, data.background, data.invert, part=data.resize_part)

    def of_bytes(self, data: bytes, window: Window | None = None) -> Prepared:
        """An encoded picture, such as a PNG or JPEG file's content; or its `window`, brought to the
        same size without its aspect. PictureError."""
        from PIL import Image, UnidentifiedImageError

        try:
            with opened(io.BytesIO(data)) as file:
                return self.of_picture(file, window)
        except PictureError:
            raise
        except UnidentifiedImageError:
            kind = "neither PNG nor JPEG, nor of another kind" if data else "it is empty"
            raise _unreadable(kind) from None
        except Image.DecompressionBombError:
            raise _unreadable("it has too many pixels") from None
        except Exception as error:  # whatever Pillow's readers make of damaged bytes
            raise _unreadable(str(error) or type(error).__name__) from None

    def of_picture(self, file: "Image", window: Window | None = None) -> Prepared:
        """The same of Pillow's image; raises PictureError, or what Pillow raises."""
        from PIL import ImageOps

        height, width = self.shape[1:]
        fits = sorted(file.size) == sorted((width, height))  # it may still be turned
        if math.prod(file.size) > _MANY and not fits and self.resize is None and self.drawn is None:
            raise _of_other_size(file.size, self.shape)  # before it is unpacked
        see_through = file.has_transparency_data
        picture = ImageOps.exif_transpose(file)
        picture = _flat(_in_bytes(picture), self.background, grey=self.shape[0] == 1)
        return self._brought_to_size(picture, see_through, window)

    def of_array(self, pixels: Bytes, window: Window | None = None) -> Prepared:
        """The same of bytes (height, width, channels), of grey, RGB or RGBA."""
        from PIL import Image

        flat = pixels[:, :, 0] if pixels.shape[2] == 1 else pixels
        return self.of_picture(Image.fromarray(flat), window)

    def _brought_to_size(
        self, picture: "Image", see_through: bool, window: Window | None = None
    ) -> Prepared:
        from PIL import ImageChops

        channels, height, width = self.shape
        other_size = picture.size != (width, height) or self.part < 1
        inverts = self._inverts(picture)
        if self.drawn is not None:
            plain = not (other_size or inverts or see_through)
            if plain and is_cut_out(np.asarray(picture), self.drawn):
                return Prepared(np.asarray(picture)[None].copy())
            pixels, was_dark = cut_out(np.asarray(picture), self.drawn, self.shape[1:], self.invert)
            return Prepared(pixels[None], (DRAWN, *([INVERTED] if was_dark else [])))
        done = []
        if inverts:
            picture = ImageChops.invert(picture)
            done.append(INVERTED)
        box = window(picture.height, picture.width) if window is not None else None
        if box is not None:
            picture = cut(picture, box, (width, height))
        elif other_size:
            if self.resize is None:
                raise _of_other_size(picture.size, self.shape)
            fill = self._fill()
            if inverts and not isinstance(self.background, float):
                fill = 255 - fill  # what lies behind the picture is inverted with it
            picture = resized(picture, (width, height), self.resize, fill, self.part)
            done.append(RESIZED)
        values = np.asarray(picture).reshape(height, width, channels).transpose(2, 0, 1)
        return Prepared(np.ascontiguousarray(values), tuple(done))

    def _inverts(self, picture: "Image") -> bool:
        if self.invert != "auto":
            return self.invert == "yes"
        border = border_of(np.asarray(picture)) / 255
        return is_negative(border, self.borders or (0.0, 0.0))

    def _fill(self) -> int:
        if isinstance(self.background, float):
            return round(255 * self.background)
        return 0 if self.background == "black" else 255


@contextmanager
def opened(stream: BinaryIO) -> Iterator["Image"]:
    """Pillow's image of a file of the kinds that are read; raises whatever Pillow raises."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of what does not matter here
        with Image.open(stream, formats=_FORMATS) as file:
            yield file


def _of_other_size(size: tuple[int, int], shape: tuple[int, int, int]) -> SizeError:
    found = f"{size[0]}x{size[1]}"
    return SizeError(f"the picture has {found} pixels; the net takes {shape[2]}x{shape[1]}")


def _unreadable(why: str) -> PictureError:
    return PictureError(f"it is no picture that can be read ({why})")


def is_negative(border: float, borders: Borders) -> bool:
    """Whether 1 - border is clearly nearer to the range `borders` than `border` is."""

    def distance(value: float) -> float:
        return max(borders[0] - value, value - borders[1], 0.0)

    return distance(border) - distance(1 - border) > _CLEARLY


def _in_bytes(file: "Image") -> "Image":
    """8 bits a channel. Of 16 the upper eight are taken: Pillow's own conversion cuts everything
    above 255 off."""
    from PIL import Image

    if file.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(file) >> 8).astype(np.uint8))
    if file.mode in ("I", "F"):
        raise PictureError("its pixels have 32 bits; save it with 8 bits a channel")
    return file


def _flat(picture: "Image", background: str | float, grey: bool) -> "Image":
    """Without transparency, grey or RGB. White ink, which a white background would swallow, lies
    on black, unless the background was asked for."""
    from PIL import Image

    mode = "L" if grey else "RGB"
    if not picture.has_transparency_data:
        return picture.convert(mode)
    whole = picture.convert("RGBA")

    def on(shade: int) -> Image.Image:
        ground = Image.new("RGBA", whole.size, (shade, shade, shade, 255))
        return Image.alpha_composite(ground, whole).convert(mode)

    if background == "black":
        return on(0)
    light = on(255)
    if background == "white" or _contrast(light) >= _SWALLOWED:
        return light
    dark = on(0)
    return dark if _contrast(dark) > _contrast(light) else light


def _contrast(picture: "Image") -> int:
    values = np.asarray(picture.convert("L"))
    return int(values.max()) - int(values.min())


def cut(picture: "Image", box: Box, size: tuple[int, int]) -> "Image":
    """The window `box` of a picture, brought to a size, width and height."""
    from PIL import Image

    top, left, height, width = box
    # Cut first, so that nothing of what is around is seen.
    part = picture.crop((left, top, left + width, top + height))
    return part.resize(size, Image.Resampling.BILINEAR)


def resized(
    picture: "Image", size: tuple[int, int], mode: str, fill: int, part: float,
    smooth: "Resampling | None" = None,
) -> "Image":  # fmt: skip
    """A picture brought to a size, width and height, as `resize` says; the borders are `fill`, and
    of one that is cut, so great a part is kept."""
    from PIL import Image, ImageOps

    if smooth is None:
        smooth = Image.Resampling.BILINEAR  # with antialiasing where it makes smaller
    if mode == "stretch":
        return picture.resize(size, smooth)
    if mode == "crop":
        return ImageOps.fit(picture, size, smooth, (1 - part) / 2)
    scale = min(size[0] / picture.width, size[1] / picture.height)
    # Pillow's own function leaves nothing of what is very wide or very high.
    inner = [max(1, round(scale * side)) for side in picture.size]
    small = picture.resize((inner[0], inner[1]), smooth)
    whole = Image.new(picture.mode, size, fill if picture.mode == "L" else (fill, fill, fill))
    whole.paste(small, ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2))
    return whole


def read_pictures(preparation: Preparation, paths: list[Any]) -> NDArray[np.uint8]:
    """Files as bytes (count, channels, height, width); LenetError where one cannot be used."""
    pixels = []
    for path in paths:
        try:
            pixels.append(preparation.of_bytes(read_file(path, MOST_BYTES)).pixels)
        except OSError as error:
            raise LenetError(f"cannot read {path}", error.strerror or str(error)) from None
        except PictureError as problem:
            raise LenetError(f"{path} cannot be used", f"{problem}.") from None
    return np.stack(pixels)
