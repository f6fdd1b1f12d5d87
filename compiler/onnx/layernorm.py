"""layernorm: LayerNormalization, or GroupNormalization of all channels."""

from lenet.compiler.onnx.shared.norms import of_groups
from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """Of a map's channels at each place, which have to be the last axis meanwhile."""
    if layer.is_map and layer.node.arguments["values"] == "all":
        return of_groups(layer, 1)
    x = layer.op("Transpose", layer.x, perm=[0, 2, 3, 1]) if layer.is_map else layer.x
    epsilon = float(layer.node.arguments["epsilon"])
    y = layer.op("LayerNormalization", x, *layer.tensors(), axis=-1, epsilon=epsilon)
    return layer.op("Transpose", y, perm=[0, 3, 1, 2]) if layer.is_map else y
