"""GroupNormalization: groupnorm, or instancenorm, or layernorm all."""

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.norms import EPSILON, of_groups, with_tensors
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread


def read(op: Op) -> Value:
    """Since opset 21 with a scale and a shift of each channel, before of each group."""
    x, groups = op.x, int(op.attribute("num_groups", 1))
    if x.order is not None:
        raise Unread("of values whose second axis is not that of the channels")
    scale, shift = op.floats(1), op.floats(2)
    if scale.size == groups:
        scale, shift = (own.repeat(x.shape[0] // groups) for own in (scale, shift))
    return with_tensors(
        op, of_groups(op, x, groups, op.attribute("epsilon", EPSILON)), scale, shift
    )
