"""InstanceNormalization: instancenorm, or groupnorm where its channels are groups of ours."""

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.norms import (
    EPSILON,
    of_groups,
    plain_groups,
    with_tensors,
)
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread


def read(op: Op) -> Value:
    """As exporters write groups, they are channels of a reshaped value, scaled by 1."""
    x, scale, shift = op.x, op.floats(1), op.floats(2)
    epsilon = op.attribute("epsilon", EPSILON)
    if x.axes()[:1] == (0,) and len(x.shape) == 3:
        return with_tensors(op, of_groups(op, x, x.shape[0], epsilon), scale, shift)
    groups, _ = plain_groups(x)
    if (scale != 1).any() or shift.any():
        raise Unread("of groups, whose scale is not 1")
    y = of_groups(op, x, groups, epsilon)
    return op.moved(y, x.full_order)
