"""relu6: Clip."""

from lenet.compiler.onnx.shared.simple import clipped
from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """From 0 to 6."""
    return clipped(layer, 0.0, 6.0)
