"""Layers that read the numbers of words and categories."""

from lenet.compiler.onnx.shared.writing import Layer


def one_hot(layer: Layer, count: int) -> str:
    """1 at the place of each code, 0 elsewhere: (images, count, places)."""
    codes = layer.op("Unsqueeze", layer.x, layer.whole((1,), "axes"))
    places = layer.floats([[k] for k in range(count)], "places")
    return layer.op("Cast", layer.op("Equal", codes, places), to=1)
