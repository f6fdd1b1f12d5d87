"""batchnorm: BatchNormalization."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """By the running statistics."""
    return layer.op(
        "BatchNormalization",
        layer.x,
        *layer.tensors(),
        epsilon=float(layer.node.arguments["epsilon"]),
    )
