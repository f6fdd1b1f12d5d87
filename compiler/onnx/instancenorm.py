"""instancenorm: GroupNormalization of each channel."""

from lenet.compiler.onnx.shared.norms import of_groups
from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """Each channel is a group."""
    return of_groups(layer, layer.node.given[0])
