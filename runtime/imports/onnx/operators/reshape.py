"""Reshape: nothing yet; what reads the value says which shape it needs."""

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """To a constant shape."""
    x, target = op.x, op.whole(1) or []
    whole = (op.reading.batch, *x.graph_shape)
    if not op.attribute("allowzero", 0):
        target = [whole[k] if size == 0 else size for k, size in enumerate(target)]
    return op.shaped(x, target)
