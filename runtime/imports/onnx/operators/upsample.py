"""Upsample, as it was before Resize: upsample."""

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.operators.resize import resized
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """Of the nearest values."""
    step = op.map_of(op.x)
    return resized(op, step, op.floats(1), op.attribute("mode", "nearest"), "asymmetric", "floor")
