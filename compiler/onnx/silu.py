"""silu: Sigmoid and Mul."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """x sigmoid(x)."""
    return layer.op("Mul", layer.x, layer.op("Sigmoid", layer.x))
