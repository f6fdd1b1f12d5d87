"""A normalization that is written out, of a pattern: layernorm, or instancenorm."""

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.norms import over_last
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread


def read(op: Op) -> Value:
    """Over axes whose means and variances are subtracted and divided by."""
    x = op.x
    whole = [op.attribute("of_axes"), op.attribute("of_more", op.attribute("of_axes"))]
    rank = len(x.graph_shape) + 1
    axes, more = (sorted(x.places_of([int(k) for k in own.ravel()], rank)) for own in whole)
    if axes != more:
        raise Unread("whose means and variances are of different axes")
    return over_last(op, x, axes, float(op.attribute("of_epsilon")))
