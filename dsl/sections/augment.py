"""The section `augment`: how training images are changed at random, anew in each epoch."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lenet.dsl.lower.values import Constants
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic
from lenet.dsl.sections.reader import Reader, read_keys
from lenet.dsl.syntax.tree import Line, Span

DIRECTIONS = ("horizontal", "vertical")


@dataclass(frozen=True)
class Augment:
    """Up to `rotate` degrees either way, `scale` times as large, `shift` pixels either way; then a
    window of the size `crop` from the image padded by `crop_pad`; then mirrored, or not."""

    rotate: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    shift: tuple[int, int] = (0, 0)
    crop: tuple[int, int] | None = None
    crop_pad: tuple[int, int] = (0, 0)
    flip_horizontal: bool = False
    flip_vertical: bool = False
    crop_span: Span = field(default=Span(1, 1, 1), compare=False, repr=False)


def _rotate(reader: Reader, augment: Augment) -> Augment:
    return replace(augment, rotate=reader.angle("the rotation", 180))


def _scale(reader: Reader, augment: Augment) -> Augment:
    low = reader.real("the scale", 0.1, 10)
    reader.expect("to")
    return replace(augment, scale=(low, reader.real("the scale", low, 10)))


def _shift(reader: Reader, augment: Augment) -> Augment:
    return replace(augment, shift=reader.pair("the shift", least=0))


def _crop(reader: Reader, augment: Augment) -> Augment:
    span = reader.line.span
    size = reader.pair("the crop")
    pad = reader.pair("the padding", least=0) if reader.accept("pad") else (0, 0)
    return replace(augment, crop=size, crop_pad=pad, crop_span=span)


def _flip(reader: Reader, augment: Augment) -> Augment:
    if reader.word("direction", DIRECTIONS) == "horizontal":
        return replace(augment, flip_horizontal=True)
    return replace(augment, flip_vertical=True)


KEYS: dict[str, tuple[str, str, Callable[[Reader, Augment], Augment]]] = {
    "rotate": ("rotate 10 degrees", "turn by up to so much, either way", _rotate),
    "scale": ("scale 0.9 to 1.1", "make larger or smaller by a factor between these", _scale),
    "shift": ("shift 2", "move by up to so many pixels, in each direction", _shift),
    "crop": ("crop 28x28 pad 2", "cut a window out of the image, after padding it", _crop),
    "flip": ("flip horizontal", "mirror every second image, left and right or up and down", _flip),
}
KEY_ALIASES = {"rotation": "rotate", "zoom": "scale", "translate": "shift", "mirror": "flip",
               "randomcrop": "crop", "randomhorizontalflip": "flip",
               "randomrotation": "rotate"}  # fmt: skip


def read_augment(line: Line, constants: Constants) -> tuple[Augment, list[Diagnostic]]:
    """The section and all mistakes in it."""
    problems: list[Diagnostic] = []
    if line.items or line.name or line.shape:
        problems.append(messages.bad_line(line.span, "augment", "augment"))
    augment = read_keys(
        line,
        "augment",
        KEYS,
        Augment(),
        constants,
        problems,
        repeatable=("flip",),
        aliases=KEY_ALIASES,
    )
    return augment, problems
