"""Conv: conv, depthwise, or linear where there is one place only."""

import numpy as np

from lenet.runtime.imports.lines import convolution, reach_of
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.dense import dense
from lenet.runtime.imports.onnx.shared.windows import pads_of, two
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """Of a map, with its weight as it is."""
    weight, x = op.floats(1), op.x
    window, groups = weight.shape[2:], int(op.attribute("group", 1))
    if len(x.shape) == 1 and window == (1, 1) and groups == 1:
        number = dense(op, x.step, weight.reshape(weight.shape[:2]), op.floats(2))
        size = op.draft.shape(number)[0]
        return op.moved(Value(number, (size,)), np.arange(size).reshape(size, 1, 1))
    step = op.map_of(x)
    shape = op.draft.shape(step)
    stride, dilate = two(op, "strides"), two(op, "dilations")
    reach = reach_of(window, dilate)
    pads = pads_of(op, shape, reach, stride)
    head = convolution(shape, weight.shape[0], window, stride, pads, dilate, groups, op.has_bias)
    tensors = {"weight": weight} | ({"bias": op.floats(2)} if op.has_bias else {})
    return op.add(head, step, tensors)
