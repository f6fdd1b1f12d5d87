"""slice: Slice."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """Of the channels."""
    first = int(layer.node.arguments["first"][0])
    return layer.cut(layer.x, (1,), (first,), (first + layer.node.shape[0],), (1,))
