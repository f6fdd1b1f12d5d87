"""Normalizations of each image by itself."""

import numpy as np

from lenet.dsl.shapes import Shape
from lenet.runtime.imports.draft import Floats, Head
from lenet.runtime.imports.lines import SCALE, SHIFT, option, sizes
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread

EPSILON = 1e-5


def bare(channels: int) -> dict[str, Floats]:
    """The tensors of a normalization that only normalizes, so far."""
    return {SCALE: np.ones(channels, np.float32), SHIFT: np.zeros(channels, np.float32)}


def over_last(op: Op, x: Value, axes: list[int], epsilon: float) -> Value:
    """Of these axes of a value in the graph, without scale and shift: those of the channels, all,
    or rows and columns."""
    ours = sorted({axis for axis in (x.axes()[k] for k in axes) if axis is not None})
    parts = option("epsilon", epsilon, EPSILON)
    if len(x.shape) == 1 or ours == [0]:
        if ours != [0]:
            raise Unread("of axes of one place")
        return op.add(Head("layernorm", parts), x.step, bare(x.shape[0]), x)
    if ours == [0, 1, 2]:
        return op.add(Head("layernorm", ("all", *parts)), x.step, bare(x.shape[0]), x)
    if ours == [1, 2]:
        return op.add(Head("instancenorm", ("affine", *parts)), x.step, bare(x.shape[0]), x)
    raise Unread("over axes other than channels, rows and columns, or all")


def of_groups(op: Op, x: Value, groups: int, epsilon: float) -> Value:
    """Of groups of channels that follow each other, without scale and shift."""
    channels, parts = x.shape[0], option("epsilon", epsilon, EPSILON)
    if len(x.shape) == 3 and groups == channels:
        return op.add(Head("instancenorm", ("affine", *parts)), x.step, bare(channels), x)
    if groups == 1:
        return op.add(Head("layernorm", ("all", *parts)), x.step, bare(channels), x)
    head = Head("groupnorm", (sizes("", (groups,), "parts"), *parts))
    return op.add(head, x.step, bare(channels), x)


def with_tensors(op: Op, y: Value, scale: Floats, shift: Floats) -> Value:
    """With a scale and a shift of each channel."""
    step, shape = op.step(y), (y.shape[0],)
    if scale.size != y.shape[0] or (shift.size and shift.size != y.shape[0]):
        raise Unread("whose scale is not one number for each channel")
    step.tensors[SCALE] = np.array(scale.reshape(shape))
    if shift.size:
        step.tensors[SHIFT] = np.array(shift.reshape(shape))
    step.name = op.name
    return y


def plain_groups(x: Value) -> Shape:
    """The groups and the values of each, of a value of two axes; Unread where it is none."""
    if len(x.graph_shape) != 2 or not x.straight:
        raise Unread("of values that are no groups of channels")
    return x.graph_shape
