"""prelu: PRelu."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """With a slope for each channel, or one for all."""
    return layer.op("PRelu", layer.x, layer.by_channel("slope"))
