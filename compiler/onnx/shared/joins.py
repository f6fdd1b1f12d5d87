"""Layers that join paths value by value."""

from lenet.compiler.onnx.shared.writing import Layer


def at_each_place(layer: Layer) -> list[str]:
    """The inputs; a vector beside maps counts at each place of its channel."""
    maps = len(layer.node.shape) == 3
    return [
        layer.op("Unsqueeze", x, layer.whole((2, 3), "axes")) if maps and len(shape) == 1 else x
        for x, shape in zip(layer.inputs, layer.node.input_shapes, strict=True)
    ]
