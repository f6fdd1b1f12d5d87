"""Dropout: dropout, for the trainings to come."""

from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import number
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """With its probability, if there is one."""
    ratio = float(op.constant(1, 0.5))
    if op.raw(0).front is not None or not 0 < ratio < 1:
        return op.raw(0)
    return op.same_places(Head("dropout", (number(ratio),)))
