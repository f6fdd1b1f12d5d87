"""LeakyRelu: leakyrelu."""

from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.simple import option
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """With its slope."""
    return op.same_places(
        Head("leakyrelu", option("slope", op.attribute("alpha", 0.01), 0.01))
    )
