"""maxpool: MaxPool, or ReduceMax of the whole map."""

from lenet.compiler.onnx.shared import texts
from lenet.compiler.onnx.shared.windows import pool
from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """The largest value of each window."""
    if texts.is_of_text(layer):
        return texts.largest(layer)
    return pool(layer, "MaxPool", "ReduceMax")
