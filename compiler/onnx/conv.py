"""conv: Conv."""

from lenet.compiler.onnx.shared.windows import convolution
from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """With the tensors as they are in the model's file."""
    _, *kernel = map(int, layer.node.arguments["size"])
    return convolution(layer, tuple(kernel), layer.node.arguments["groups"] or 1)
