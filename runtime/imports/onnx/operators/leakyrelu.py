"""LeakyRelu: leakyrelu."""

from lenet.runtime.imports.lines import leaky
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """With its slope."""
    return op.same_places(leaky(op.attribute("alpha", 0.01)))
