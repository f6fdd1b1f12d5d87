"""Layers that leave the padding behind a text out."""

from lenet.compiler.onnx.shared.writing import Layer


def is_of_text(layer: Layer) -> bool:
    """Whether its second input are the codes of a text, -1 where there is no word."""
    return "short" in layer.node.arguments


def steps(layer: Layer) -> str:
    """The numbers of the steps, for (images, channels, 1, steps)."""
    return layer.floats(range(layer.node.given[-1]), "steps")


def known(layer: Layer, none: bool = False) -> str:
    """How many steps of each text see words, at least one, or, with `none`, 0 where there is no
    word: (images, 1, 1, 1)."""
    word = layer.op("Greater", layer.inputs[1], layer.floats(-0.5, "no word"))
    ones = layer.op("Cast", word, to=1)
    count = layer.op("ReduceSum", ones, layer.whole((1,), "axes"), keepdims=1)
    short = layer.floats(float(layer.node.arguments["short"]), "short")
    one = layer.floats(1.0, "least")
    least = layer.op("Min", count, one) if none else one
    count = layer.op("Max", layer.op("Sub", count, short), least)
    most = layer.floats(float(layer.node.given[-1]), "most")
    count = layer.op("Min", count, most)
    return layer.op("Unsqueeze", count, layer.whole((2, 3), "axes"))


def are_known(layer: Layer) -> str:
    """Which steps these are: (images, 1, 1, steps)."""
    return layer.op("Less", steps(layer), known(layer))


def largest(layer: Layer) -> str:
    """The largest value of each channel among the steps that are known."""
    least = layer.floats(float("-inf"), "least")
    values = layer.op("Where", are_known(layer), layer.x, least)
    return layer.op("ReduceMax", values, layer.whole((2, 3), "axes"), keepdims=0)


def mean(layer: Layer) -> str:
    """The mean of each channel over the steps that are known."""
    values = layer.op("Where", are_known(layer), layer.x, layer.floats(0.0, "nothing"))
    total = layer.op("ReduceSum", values, layer.whole((2, 3), "axes"), keepdims=0)
    count = layer.op("Squeeze", known(layer), layer.whole((2, 3), "axes"))
    return layer.op("Div", total, count)
