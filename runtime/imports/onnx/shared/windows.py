"""Operations with windows: strides, paddings, and the words for them."""

from lenet.dsl.padding import same
from lenet.dsl.shapes import Shape
from lenet.runtime.imports.draft import Sizes
from lenet.runtime.imports.onnx.op import Op, sizes
from lenet.runtime.imports.unread import Unread

Pads = tuple[int, int, int, int]  # above, left, below, right
SIDES = ("top", "left", "bottom", "right")


def two(op: Op, name: str, default: Shape = (1, 1)) -> tuple[int, int]:
    """An attribute of a number for each direction."""
    found = tuple(int(own) for own in op.attribute(name, default))
    if len(found) != 2:
        raise Unread(f"of {len(found)} directions, where 2 are due")
    return found[0], found[1]


def pads_of(op: Op, shape: Shape, reach: Shape, stride: Shape) -> Pads:
    """Rows and columns around a map of this shape, as the operation says them."""
    auto = op.attribute("auto_pad", "NOTSET") or "NOTSET"
    if auto == "VALID":
        return (0, 0, 0, 0)
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        pairs = [same(*own) for own in zip(shape[1:], reach, stride, strict=True)]
        if auto == "SAME_LOWER":
            pairs = [(behind, before) for before, behind in pairs]
        (above, below), (left, right) = pairs
        return (above, left, below, right)
    pads = [int(own) for own in op.attribute("pads", (0, 0, 0, 0))]
    if len(pads) != 4 or min(pads) < 0:
        raise Unread(f"whose pads are {pads}")
    above, left, below, right = pads
    return (above, left, below, right)


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
    return tuple(
        sizes(side, (pad,), "margin", (0,)) for side, pad in zip(SIDES, pads, strict=True)
    )


def reach_of(window: Shape, dilate: Shape) -> tuple[int, int]:
    """Rows and columns from the first place of a window to its last one."""
    high, wide = ((size - 1) * step + 1 for size, step in zip(window, dilate, strict=True))
    return high, wide
