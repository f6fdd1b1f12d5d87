"""concat: Concat."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """The channels of all paths."""
    return layer.op("Concat", *layer.inputs, axis=1)
