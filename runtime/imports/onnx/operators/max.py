"""Max: relu, where the other value is 0."""

from lenet.runtime.imports.lines import clipped
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread


def read(op: Op) -> Value:
    """Of a value and one number."""
    if len(op.given) != 2 or op.floats(1).size != 1:
        raise Unread("of several values")
    return op.same_places(clipped(float(op.floats(1).ravel()[0]), 3.4e38))
