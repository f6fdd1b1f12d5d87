"""shuffle: Transpose between two Reshapes."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """The channels as a table with a row for each group, read by columns."""
    (channels, *_), groups = layer.node.given, int(layer.node.arguments["groups"][0])
    table = layer.reshaped(layer.x, (groups, channels // groups, -1))
    return layer.reshaped(layer.op("Transpose", table, perm=[0, 2, 1, 3]), layer.node.shape)
