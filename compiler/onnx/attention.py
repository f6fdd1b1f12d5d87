"""attention: MatMul and Softmax."""

from lenet.compiler.onnx.shared import texts
from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """As (images, heads, steps, channels of a head); a step of a text without a word gets 0 from
    the heads."""
    channels, _, steps = layer.node.given
    heads = int(layer.node.arguments["heads"][0])
    width = channels // heads
    x = layer.op("Transpose", layer.reshaped(layer.x, (channels, steps)), perm=[0, 2, 1])
    three = layer.reshaped(_projected(layer, x, "in"), (steps, 3, heads, width))
    three = layer.op("Transpose", three, perm=[2, 0, 3, 1, 4])
    q, k, v = (layer.op("Gather", three, _number(layer, n), axis=0) for n in range(3))
    scores = layer.op("MatMul", q, layer.op("Transpose", k, perm=[0, 1, 3, 2]))
    scores = layer.op("Mul", scores, layer.floats(width**-0.5, "scale"))
    mixed = layer.op("MatMul", layer.op("Softmax", _masked(layer, scores, steps), axis=3), v)
    mixed = layer.reshaped(layer.op("Transpose", mixed, perm=[0, 2, 1, 3]), (steps, channels))
    if texts.is_of_text(layer):
        known = layer.reshaped(texts.are_known(layer), (steps, 1))
        mixed = layer.op("Where", known, mixed, layer.floats(0.0, "nothing"))
    y = layer.op("Transpose", _projected(layer, mixed, "out"), perm=[0, 2, 1])
    return layer.reshaped(y, layer.node.shape)


def _projected(layer: Layer, x: str, part: str) -> str:
    weight = layer.op("Transpose", layer.tensor(f"{part}.weight"), perm=[1, 0])
    return layer.op("Add", layer.op("MatMul", x, weight), layer.tensor(f"{part}.bias"))


def _number(layer: Layer, number: int) -> str:
    return layer.op("Squeeze", layer.whole((number,), "part"))


def _masked(layer: Layer, scores: str, steps: int) -> str:
    """-inf for steps that one does not see."""
    hidden = layer.floats(float("-inf"), "hidden")
    if layer.node.arguments["causal"]:
        later = [[0.0 if j <= i else float("-inf") for j in range(steps)] for i in range(steps)]
        scores = layer.op("Add", scores, layer.floats(later, "later"))
    if texts.is_of_text(layer):
        scores = layer.op("Where", texts.are_known(layer), scores, hidden)
    return scores
