"""Flatten: nothing yet; what reads the value flattens it."""

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """All but the images."""
    op.only(axis=1)
    return op.shaped(op.x, [-1, op.x.full_order.size])
