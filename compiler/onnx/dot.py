"""dot: ReduceSum of Mul."""

from functools import reduce

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """Of the paths, whose shapes are alike."""
    first, *others = layer.inputs
    products = reduce(lambda product, x: layer.op("Mul", product, x), others, first)
    values = layer.op("Flatten", products)
    return layer.op("ReduceSum", values, layer.whole((1,), "axes"), keepdims=1)
