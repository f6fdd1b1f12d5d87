"""logposterior: LogSoftmax beside one more class."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """Of the distances' negatives; the rubbish class is a last channel meanwhile."""
    shape = layer.node.shape
    beyond, rubbish = (0,) * (len(shape) - 1), -float(layer.node.arguments["rubbish"])
    x = layer.padded(layer.op("Neg", layer.x), (0, *beyond), (1, *beyond), rubbish)
    return layer.cut(layer.op("LogSoftmax", x, axis=1), (1,), (0,), (shape[0],), (1,))
