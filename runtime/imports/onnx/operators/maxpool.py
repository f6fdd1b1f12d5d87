"""MaxPool: maxpool."""

from lenet.runtime.imports.lines import pool
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.pools import reaches_beyond, window_of
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread


def read(op: Op) -> Value:
    """The largest value of each window."""
    if len(op.operation.outputs) > 1 and op.operation.outputs[1]:
        raise Unread("with places of the largest values as a second output")
    step = op.map_of(op.raw(0))
    window, stride, pads, ceil = window_of(op, step)
    pads, up = reaches_beyond(op, step, window, stride, pads, ceil)
    return op.add(pool("maxpool", op.draft.shape(step), window, stride, pads, up), step)
