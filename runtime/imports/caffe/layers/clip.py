"""Clip: relu6 or hardtanh."""

from lenet.runtime.imports.caffe.net import Layer, Net
from lenet.runtime.imports.lines import clipped


def read(layer: Layer, net: Net) -> int:
    """By its limits."""
    settings = layer.settings("clip")
    return layer.add(net, clipped(settings.number("min"), settings.number("max")))
