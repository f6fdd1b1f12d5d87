"""Squeeze: axes of one place are left out."""

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """All of them, where none are named."""
    x = op.x
    rank = len(x.graph_shape) + 1
    ones = [k + 1 for k, size in enumerate(x.graph_shape) if size == 1]
    axes = x.places_of(op.whole(1, ones) or [], rank)
    return op.moved(x, x.full_order.squeeze(tuple(axes)))
