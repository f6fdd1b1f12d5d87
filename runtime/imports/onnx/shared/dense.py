"""Fully connected layers."""

from dataclasses import replace

import numpy as np

from lenet.runtime.imports.draft import Floats
from lenet.runtime.imports.lines import linear
from lenet.runtime.imports.onnx.file import Array
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value


def dense(op: Op, step: int, weight: Floats, bias: Floats, order: Array | None = None) -> int:
    """A line `linear` behind a vector of ours, whose elements stand in the graph in this order:
    `weight` is (outputs, inputs there)."""
    if order is not None:
        ours = np.empty_like(weight)
        ours[:, order.ravel()] = weight
        weight = ours
    has_bias = bias.size > 0
    tensors = {"weight": weight}
    if has_bias:
        tensors["bias"] = np.array(np.broadcast_to(bias.ravel(), weight.shape[:1]))
    return op.draft.add(linear(weight.shape[0], has_bias), step, tensors, op.name)


def of_vector(op: Op, value: Value, weight: Floats, bias: Floats) -> Value:
    """The layer of a vector there. Where numbers of rows are normalized each by itself, the weights
    do it."""
    front = value.front
    if front is not None and len(value.shape) == 1 and not front.even and op.alone():
        bias = (bias if bias.size else np.float32(0)) + weight @ front.shift
        weight, value = weight * front.scale, replace(value, front=None)
    x = op.vector_of(value)
    number = dense(op, x.step, weight, bias, x.order)
    return Value(number, op.draft.shape(number))
