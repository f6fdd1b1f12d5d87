"""bag: ReduceSum of Equal."""

from lenet.compiler.onnx.shared.codes import one_hot
from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """How often each code is there."""
    marks = one_hot(layer, layer.node.shape[0])
    return layer.op("ReduceSum", marks, layer.whole((2,), "axes"), keepdims=0)
