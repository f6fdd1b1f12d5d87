"""Softmax and its logarithm."""

from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread

_ONE_AXIS = 13  # the version since which it is over one axis, and before over all that follow


def over_channels(op: Op, word: str) -> Value:
    """Over our channels, wherever they stand there."""
    x = op.x
    rank = len(x.graph_shape) + 1
    modern = op.reading.opset >= _ONE_AXIS
    first = x.places_of([int(op.attribute("axis", -1 if modern else 1))], rank)[0]
    axes = [first] if modern else range(first, rank - 1)
    own = x.axes()
    if not own:
        raise Unread("of values in an order into which no word brings them")
    ours = {own[k] for k in axes if x.graph_shape[k] > 1 or own[k] == 0}
    if ours - {None} != {0}:
        raise Unread("over another axis than that of the channels")
    return op.add(Head(word), x.step, None, x)
