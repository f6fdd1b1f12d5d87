"""LogSoftmax: logsoftmax."""

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.softmaxes import over_channels
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """Over the channels."""
    return over_channels(op, "logsoftmax")
