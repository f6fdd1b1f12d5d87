"""crop: Slice."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """Without the margins."""
    (_, height, width), (top, bottom, left, right) = (
        layer.node.given,
        layer.node.arguments["margins"],
    )
    return layer.cut(layer.x, (2, 3), (top, left), (height - bottom, width - right), (1, 1))
