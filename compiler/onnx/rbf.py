"""rbf: Sub and ReduceSumSquare."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """The squared distance to each code, (outputs, inputs)."""
    x = layer.op("Unsqueeze", layer.x, layer.whole((1,), "axis"))
    apart = layer.op("Sub", x, layer.tensor("codes"))
    return layer.op("ReduceSumSquare", apart, layer.whole((2,), "axes"), keepdims=0)
