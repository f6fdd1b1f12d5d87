"""ReduceMean: avgpool all."""

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.pools import reduced
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """Over rows and columns."""
    return reduced(op, "avgpool")
