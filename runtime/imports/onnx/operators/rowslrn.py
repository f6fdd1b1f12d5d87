"""lrn as lenet itself writes it, of a pattern."""

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.operators.lrn import lrn
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread


def read(op: Op) -> Value:
    """Means of squares of neighbouring rows, which are channels."""
    size, across = op.attribute("kernel_shape")
    pads = [size // 2, 0, (size - 1) // 2, 0]
    rows = [int(own) for own in op.attribute("of_rows").ravel()]
    if across != 1 or list(op.attribute("pads", pads)) != pads or rows[1:3] != [1, op.x.shape[0]]:
        raise Unread("of windows that are no neighbouring channels")
    alpha, beta, k = (float(op.attribute(f"of_{name}")) for name in ("alpha", "beta", "k"))
    return lrn(op, size, alpha, beta, k)
