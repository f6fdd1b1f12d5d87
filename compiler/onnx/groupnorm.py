"""groupnorm: GroupNormalization."""

from lenet.compiler.onnx.shared.norms import of_groups
from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """Of groups of channels."""
    return of_groups(layer, int(layer.node.arguments["groups"][0]))
