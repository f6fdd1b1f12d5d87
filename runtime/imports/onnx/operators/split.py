"""Split: slice, for each of its outputs."""

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.cuts import cut
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> tuple[Value, ...]:
    """Into parts of these sizes, or alike ones."""
    x, count = op.x, len(op.operation.outputs)
    axis = x.places_of([int(op.attribute("axis", 0))], len(x.graph_shape) + 1)[0]
    size = x.graph_shape[axis]
    each = -(-size // count)
    usual = [min(each, size - k * each) for k in range(count)]
    parts, before = [], 0
    for own in op.whole(1, usual) or []:
        parts.append(cut(op, x, {axis: slice(before, before + own)}))
        before += own
    return tuple(parts)
