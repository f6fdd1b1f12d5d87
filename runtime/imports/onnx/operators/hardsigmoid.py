"""HardSigmoid: hardsigmoid."""

from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import option
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread


def read(op: Op) -> Value:
    """ONNX's own slope is 0.2; ours is 1/6."""
    slope, shift = op.attribute("alpha", 0.2), op.attribute("beta", 0.5)
    if option("alpha", slope, 1 / 6) or option("beta", shift, 0.5):
        raise Unread(f"whose alpha is {slope:g} and beta {shift:g}, and not 1/6 and 1/2")
    return op.same_places(Head("hardsigmoid"))
