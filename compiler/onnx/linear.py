"""linear: Gemm."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """With the weight as it is in the model's file, (outputs, inputs)."""
    return layer.op("Gemm", layer.x, *layer.tensors(), transB=1)
