"""pad: Pad."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """With zeros in the margins."""
    top, bottom, left, right = layer.node.arguments["margins"]
    return layer.padded(layer.x, (0, top, left), (0, bottom, right))
