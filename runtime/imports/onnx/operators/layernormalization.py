"""LayerNormalization: layernorm."""

import numpy as np

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.affine import by_channel
from lenet.runtime.imports.onnx.shared.norms import EPSILON, over_last, with_tensors
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """Of the last axes."""
    x = op.x
    rank = len(x.graph_shape) + 1
    first = x.places_of([int(op.attribute("axis", -1))], rank)[0]
    y = over_last(op, x, list(range(first, rank - 1)), op.attribute("epsilon", EPSILON))
    scale = by_channel(x, op.floats(1))
    shift = by_channel(x, op.floats(2)) if op.has_bias else np.zeros_like(scale)
    return with_tensors(op, y, scale, shift)
