"""shortcut: Slice and Pad."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """Every so many rows and columns, and channels of zeros."""
    (channels, height, width), stride = layer.node.given, layer.node.arguments["stride"]
    x, more = layer.x, layer.node.shape[0] - channels
    if stride != (1, 1):
        x = layer.cut(x, (2, 3), (0, 0), (height, width), stride)
    return layer.padded(x, (0, 0, 0), (more, 0, 0)) if more else x
