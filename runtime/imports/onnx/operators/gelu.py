"""Gelu: gelu."""

from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """Exact, or approximated by tanh."""
    approximated = op.attribute("approximate", "none") != "none"
    return op.same_places(Head("gelu", ("tanh",) if approximated else ()))
