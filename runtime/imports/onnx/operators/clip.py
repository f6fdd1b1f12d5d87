"""Clip: relu, relu6 or hardtanh."""

from lenet.runtime.imports.lines import clipped
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value

_FAR = 3.4e38  # of a limit that is left out


def read(op: Op) -> Value:
    """By its limits."""
    low, high = float(op.constant(1, -_FAR)), float(op.constant(2, _FAR))
    return op.same_places(clipped(low, high))
