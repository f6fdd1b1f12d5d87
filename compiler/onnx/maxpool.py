"""maxpool: MaxPool, or ReduceMax of the whole map."""

from lenet.compiler.onnx.shared.windows import pool
from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """The largest value of each window."""
    return pool(layer, "MaxPool", "ReduceMax")
