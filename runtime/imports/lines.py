"""The lines of layers that nets of all programs have."""

import numpy as np

from lenet.dsl.padding import same
from lenet.dsl.shapes import Shape
from lenet.runtime.imports.draft import Head, Sizes

Two = tuple[int, int]  # down and across
Pads = tuple[int, int, int, int]  # above, left, below, right
SIDES = ("top", "left", "bottom", "right")
NO_BIAS = "bias no"
SHORTCUT = "shortcut"
SCALE = "scale"  # a tensor of normalizations, and of layerscale
SHIFT = "shift"  # of normalizations


def number(value: float) -> str:
    """A real number as a line has it, of float32: negative ones in parentheses."""
    text = np.format_float_positional(np.float32(value), trim="-")
    return f"({text})" if text.startswith("-") else text


def option(name: str, value: float, default: float) -> tuple[str, ...]:
    """An option of a real number, if it is not the default."""
    return () if abs(value - default) <= 1e-6 * abs(default) else (f"{name} {number(value)}",)


def sizes(word: str, values: Shape, role: str, default: Shape = ()) -> Sizes:
    """Numbers of one meaning."""
    return Sizes(word, tuple(map(int, values)), (role,), default)


def clipped(low: float, high: float) -> Head:
    """Each value, but at least `low` and at most `high`."""
    if low == 0 and high > 1e30:
        return Head("relu")
    if (low, high) == (0, 6):
        return Head("relu6")
    return Head("hardtanh", (*option("low", low, -1), *option("high", high, 1)))


def leaky(slope: float) -> Head:
    """A relu with a slope below 0, which may be none."""
    return Head("leakyrelu", option("slope", slope, 0.01)) if slope else Head("relu")


def linear(outputs: int, bias: bool = True) -> Head:
    """A fully connected layer."""
    return Head("linear", (Sizes("", (outputs,), ("width",)), *(() if bias else (NO_BIAS,))))


def reshaped(shape: Shape) -> Head:
    """To another shape."""
    return Head("reshape", (Sizes("", tuple(shape), ("width", "height", "height")),))


def convolution(
    shape: Shape, width: int, window: Shape, stride: Shape, pads: Pads, dilate: Shape = (1, 1),
    groups: int = 1, bias: bool = True,
) -> Head:  # fmt: skip
    """A convolution of a map; one of its channels by themselves, where each is a group."""
    reach = reach_of(window, dilate)
    parts = (
        sizes("stride", stride, "step", (1, 1)),
        *pad_words(pads, shape, reach, stride),
        sizes("dilate", dilate, "apart", (1, 1)),
    )
    end = () if bias else (NO_BIAS,)
    if groups == shape[0] > 1 and width % groups == 0:
        more = sizes("multiplier", (width // groups,), "parts", (1,))
        return Head("depthwise", (sizes("", window, "kernel"), *parts, more, *end))
    first = Sizes("", (width, *window), ("width", "kernel", "kernel"))
    return Head("conv", (first, *parts, sizes("groups", (groups,), "parts", (1,)), *end))


def pool(word: str, shape: Shape, window: Shape, stride: Shape, pads: Pads, up: bool) -> Head:
    """A pool of windows; `up`: the last one may reach beyond the border."""
    words = (sizes("", window, "window"), sizes("stride", stride, "step", window))
    around = pad_words(pads, shape, window, stride) if any(pads) else ()
    return Head(word, (*words, *around, *(("round up",) if up else ())))


def padded(pads: Pads) -> Head:
    """A layer that pads."""
    even = pads[:2] == pads[2:]
    return Head("pad", (sizes("", pads[:2], "margin"),) if even else side_words(pads))


def cropped(pads: Pads) -> Head:
    """A layer that takes rows and columns away."""
    return Head("crop", side_words(pads))


def pad_words(pads: Pads, shape: Shape, reach: Shape, stride: Shape) -> tuple[Sizes | str, ...]:
    """What a line says of them: `pad` with numbers, `pad same`, or each side."""
    above, left, below, right = pads
    if (above, left) == (below, right):
        return (sizes("pad", (above, left), "margin", (0, 0)),)
    pairs = [same(*own) for own in zip(shape[1:], reach, stride, strict=True)]
    if pairs == [(above, below), (left, right)]:
        return ("pad same",)
    return side_words(pads)


def side_words(pads: Pads) -> tuple[Sizes, ...]:
    """Each side by itself."""
    return tuple(sizes(side, (pad,), "margin", (0,)) for side, pad in zip(SIDES, pads, strict=True))


def reach_of(window: Shape, dilate: Shape) -> tuple[int, int]:
    """Rows and columns from the first place of a window to its last one."""
    high, wide = ((size - 1) * step + 1 for size, step in zip(window, dilate, strict=True))
    return high, wide
