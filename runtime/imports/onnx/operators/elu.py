"""Elu: elu."""

from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import option
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """With its alpha."""
    return op.same_places(Head("elu", option("alpha", op.attribute("alpha", 1.0), 1.0)))
