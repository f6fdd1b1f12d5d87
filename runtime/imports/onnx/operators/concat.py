"""Concat: concat."""

import numpy as np

from lenet.dsl.shapes import product
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread


def read(op: Op) -> Value:
    """The channels one after the other, wherever they stand there."""
    values = [op.reading.settled(op.raw(k)) for k in range(len(op.given))]
    if len(values) == 1:
        return values[0]
    rank = len(values[0].graph_shape) + 1
    axis = values[0].places_of([int(op.attribute("axis"))], rank)[0]
    if len({len(own.shape) for own in values}) > 1:
        values = [_vector(op, own) for own in values]
    orders, before = [], 0
    for own in values:
        orders.append(own.full_order + before)
        before += product(own.shape)
    number = op.draft.join("concat", [own.step for own in values])
    y = Value(number, op.draft.shape(number))
    return op.moved(y, np.concatenate(orders, axis))


def _vector(op: Op, value: Value) -> Value:
    """Of a map that is one there: flattened."""
    if len(value.graph_shape) != 1:
        raise Unread("of vectors and maps")
    return op.vector_of(value)
