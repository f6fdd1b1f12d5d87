"""Unsqueeze: axes of one place are put in."""

import numpy as np

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """Where they are named."""
    x, axes = op.x, op.whole(1) or []
    places = x.places_of(axes, len(x.graph_shape) + 1 + len(axes))
    return op.moved(x, np.expand_dims(x.full_order, tuple(places)))
