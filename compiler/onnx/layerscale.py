"""layerscale: Mul."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """By a factor of each channel."""
    return layer.op("Mul", layer.x, layer.by_channel("scale"))
