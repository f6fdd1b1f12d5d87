"""hardtanh: Clip."""

from lenet.compiler.onnx.shared.simple import clipped
from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """From low to high."""
    return clipped(layer, layer.node.arguments["low"], layer.node.arguments["high"])
