"""embed: Gather; of a set MatMul."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """0 where a code is none of the table's rows; of a set, the mean of its rows."""
    node, weight = layer.node, layer.tensor("weight")
    if node.arguments["set"]:
        total = layer.op("MatMul", layer.x, weight)
        count = layer.op("ReduceSum", layer.x, layer.whole((1,), "axes"), keepdims=1)
        return layer.op("Div", total, layer.op("Max", count, layer.floats(1.0, "least")))
    last = float(node.parameters[0].shape[0] - 1)
    nearest = layer.op("Clip", layer.x, layer.floats(0.0, "first"), layer.floats(last, "last"))
    rows = layer.op("Gather", weight, layer.op("Cast", nearest, to=7))
    known = layer.op("Unsqueeze", layer.op("Equal", layer.x, nearest), layer.whole((2,), "axes"))
    found = layer.op("Where", known, rows, layer.floats(0.0, "nothing"))
    return layer.reshaped(layer.op("Transpose", found, perm=[0, 2, 1]), node.shape)
