"""BatchNormalization: batchnorm, by the running statistics."""

from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import SCALE, SHIFT, option
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.norms import EPSILON
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread


def read(op: Op) -> Value:
    """Of each channel, which has to be ours."""
    op.only(training_mode=0, spatial=1)
    x = op.x
    axes = x.axes()
    if not axes or axes[0] != 0:
        raise Unread("of values whose second axis is not that of the channels")
    names = (SCALE, SHIFT, "mean", "variance")
    tensors = {name: op.floats(1 + k) for k, name in enumerate(names)}
    parts = option("epsilon", op.attribute("epsilon", EPSILON), EPSILON)
    return op.same_places(Head("batchnorm", parts), tensors)
