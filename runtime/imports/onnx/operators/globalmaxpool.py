"""GlobalMaxPool: maxpool all."""

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.pools import of_all
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """One number a channel."""
    return of_all(op, "maxpool", True, op.raw(0))
