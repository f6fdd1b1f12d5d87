"""Sum: add."""

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.affine import joined
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """Of all values."""
    return op.raw(0) if len(op.given) == 1 else joined(op, "add")
