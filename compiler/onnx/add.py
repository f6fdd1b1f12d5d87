"""add: Sum."""

from lenet.compiler.onnx.shared.joins import at_each_place
from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """Of all paths."""
    return layer.op("Sum", *at_each_place(layer))
