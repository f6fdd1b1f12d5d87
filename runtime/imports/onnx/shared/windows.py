"""Operations with windows: strides, paddings, and the words for them."""

from lenet.dsl.padding import same
from lenet.dsl.shapes import Shape
from lenet.runtime.imports.lines import Pads
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.unread import Unread


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
    if auto.startswith("SAME"):
        pairs = [same(*own) for own in zip(shape[1:], reach, stride, strict=True)]
        if auto.endswith("LOWER"):
            pairs = [(behind, before) for before, behind in pairs]
        (above, below), (left, right) = pairs
        return (above, left, below, right)
    pads = [int(own) for own in op.attribute("pads", (0, 0, 0, 0))]
    if len(pads) != 4 or min(pads) < 0:
        raise Unread(f"whose pads are {pads}")
    above, left, below, right = pads
    return (above, left, below, right)
