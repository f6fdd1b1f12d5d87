"""tanh: Tanh."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """gain tanh(slope x)."""
    gain, slope = (float(layer.node.arguments[name]) for name in ("gain", "slope"))
    x = layer.x if slope == 1 else layer.op("Mul", layer.x, layer.floats(slope, "slope"))
    y = layer.op("Tanh", x)
    return y if gain == 1 else layer.op("Mul", y, layer.floats(gain, "gain"))
