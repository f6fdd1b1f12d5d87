"""multiply: Mul."""

from functools import reduce

from lenet.compiler.onnx.shared.joins import at_each_place
from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """Of the paths, one after the other."""
    first, *others = at_each_place(layer)
    return reduce(lambda product, x: layer.op("Mul", product, x), others, first)
