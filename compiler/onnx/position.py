"""position: Add."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """Of a value for each channel and step."""
    weight = layer.op("Unsqueeze", layer.tensor("weight"), layer.whole((1,), "axes"))
    return layer.op("Add", layer.x, weight)
