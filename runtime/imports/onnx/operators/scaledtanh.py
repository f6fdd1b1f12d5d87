"""ScaledTanh: tanh with its options, of a pattern."""

from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import option
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """gain tanh(slope x)."""
    parts = [option(name, float(op.attribute(f"of_{name}", 1.0)), 1) for name in ("gain", "slope")]
    return op.same_places(Head("tanh", (*parts[0], *parts[1])))
