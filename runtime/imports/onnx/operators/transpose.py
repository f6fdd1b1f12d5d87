"""Transpose: nothing yet; what reads the value says which order it needs."""

from dataclasses import replace

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread


def read(op: Op) -> Value:
    """Of all axes but that of the images."""
    x = op.raw(0)
    rank = len(x.graph_shape) + 1
    first, *others = op.attribute("perm", list(range(rank))[::-1])
    if first != 0:
        raise Unread("which moves the axis of the images")
    y = op.moved(x, x.full_order.transpose([axis - 1 for axis in others]))
    return replace(y, front=x.front)
