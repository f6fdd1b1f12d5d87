"""MatMul: linear, or a convolution of 1x1 where the channels of maps are the last axis."""

import numpy as np

from lenet.runtime.imports.draft import Head, Sizes
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.dense import of_vector
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread


def read(op: Op) -> Value:
    """With the constant turned round; a bias may be added behind it."""
    weight = op.floats(1)
    if weight.ndim != 2:
        raise Unread(f"by a constant of {weight.ndim} axes, where 2 are due")
    if len(op.raw(0).graph_shape) == 1:
        return of_vector(op, op.raw(0), weight.T, np.zeros(0, np.float32))
    x = op.x
    if len(x.shape) != 3 or x.axes() not in ((1, 2, 0), (2, 1, 0)):
        raise Unread("of values whose last axis is not that of the channels")
    size = weight.shape[1]
    head = Head("conv", (Sizes("", (size, 1, 1), ("width", "kernel", "kernel")), "bias no"))
    y = op.add(head, x.step, {"weight": weight.T[:, :, None, None]})
    return op.moved(y, y.full_order.transpose([axis or 0 for axis in x.axes()]))
