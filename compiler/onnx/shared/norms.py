"""Normalizations of each image by itself."""

from lenet.compiler.onnx.shared.writing import Layer


def of_groups(layer: Layer, groups: int) -> str:
    """Of the values of groups of channels, with the layer's scale and shift, if it has any."""
    channels = layer.node.given[0]
    affine = layer.tensors() or (
        layer.floats([1.0] * channels, "scale"),
        layer.floats([0.0] * channels, "shift"),
    )
    epsilon = float(layer.node.arguments["epsilon"])
    return layer.op("GroupNormalization", layer.x, *affine, num_groups=groups, epsilon=epsilon)
