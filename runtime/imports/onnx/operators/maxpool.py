"""MaxPool: maxpool."""

from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.pools import reaches_beyond, window_of, words
from lenet.runtime.imports.onnx.shared.windows import pad_words
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread


def read(op: Op) -> Value:
    """The largest value of each window."""
    if len(op.operation.outputs) > 1 and op.operation.outputs[1]:
        raise Unread("with places of the largest values as a second output")
    step = op.map_of(op.raw(0))
    window, stride, pads, ceil = window_of(op, step)
    pads, up = reaches_beyond(op, step, window, stride, pads, ceil)
    parts = (*words(window, stride), *pad_words(pads, op.draft.shape(step), window, stride))
    return op.add(Head("maxpool", (*parts, *(("round up",) if up else ()))), step)
