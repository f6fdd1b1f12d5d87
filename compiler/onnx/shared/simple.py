"""Layers that are one of ONNX's operations, or none."""

from collections.abc import Callable
from typing import Any

from lenet.compiler.onnx.shared.writing import Layer

Export = Callable[[Layer], str]


def operation(kind: str, *tensors: str, **arguments: str) -> Export:
    """The operation `kind` of the input and of these tensors; its attributes are, by their names,
    the values of the layer's arguments."""

    def export(layer: Layer) -> str:
        of = layer.node.arguments
        given: dict[str, Any] = {name: float(of[own]) for name, own in arguments.items()}
        return layer.op(kind, layer.x, *map(layer.tensor, tensors), **given)

    return export


def over_channels(kind: str) -> Export:
    """The operation `kind` of the channels at each place."""
    return lambda layer: layer.op(kind, layer.x, axis=1)


def clipped(layer: Layer, low: float, high: float) -> str:
    """Each value, but at least `low` and at most `high`."""
    return layer.op("Clip", layer.x, layer.floats(low, "low"), layer.floats(high, "high"))


def nothing(layer: Layer) -> str:
    """What happens in training only."""
    return layer.x


def same_values(layer: Layer) -> str:
    """The input in the layer's shape."""
    return layer.reshaped(layer.x, layer.node.shape)
