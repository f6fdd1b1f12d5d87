"""subsample: AveragePool, Mul and Add."""

from lenet.compiler.onnx.shared.windows import means
from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """The means of windows, times a gain plus a bias of each channel."""
    scaled = layer.op("Mul", means(layer), layer.by_channel("gain"))
    return layer.op("Add", scaled, layer.by_channel("bias"))
