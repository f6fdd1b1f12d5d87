"""avgpool: AveragePool, or ReduceMean of the whole map."""

from lenet.compiler.onnx.shared.windows import means
from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """The mean of each window's values in the map."""
    return means(layer)
