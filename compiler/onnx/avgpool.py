"""avgpool: AveragePool, or ReduceMean of the whole map."""

from lenet.compiler.onnx.shared import texts
from lenet.compiler.onnx.shared.windows import means
from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """The mean of each window's values in the map."""
    if texts.is_of_text(layer):
        return texts.mean(layer)
    return means(layer)
