"""onehot: Equal."""

from lenet.compiler.onnx.shared.codes import one_hot
from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """A set is one already."""
    if layer.node.arguments["set"]:
        return layer.x
    return layer.reshaped(one_hot(layer, layer.node.shape[0]), layer.node.shape)
