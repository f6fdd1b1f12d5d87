"""depthwise: Conv."""

from lenet.compiler.onnx.shared.windows import convolution
from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """Each channel is a group."""
    return convolution(layer, layer.node.arguments["window"], layer.node.given[0])
