"""AveragePool: avgpool, behind pad where zeros count."""

from lenet.runtime.imports.lines import padded, pool
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.pools import of_all, reaches_beyond, window_of
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread


def read(op: Op) -> Value:
    """The mean of each window."""
    step = op.map_of(op.raw(0))
    window, stride, pads, ceil = window_of(op, step)
    if window == op.draft.shape(step)[1:] and not any(pads):
        return of_all(op, "avgpool", True, Value(step, op.draft.shape(step)))
    counted = bool(op.attribute("count_include_pad", 0))
    if not counted:
        pads, up = reaches_beyond(op, step, window, stride, pads, ceil)
    else:
        up = ceil
    if any(pads):
        if not counted or up:
            raise Unread("whose pads are not counted in the means (count_include_pad is 0)"
                         if not counted else "whose ceil_mode is 1 beside pads")  # fmt: skip
        step = op.draft.add(padded(pads), step)
    head = pool("avgpool", op.draft.shape(step), window, stride, (0, 0, 0, 0), up)
    return op.add(head, step)
