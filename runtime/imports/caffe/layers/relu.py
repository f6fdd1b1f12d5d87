"""ReLU: relu, or leakyrelu."""

from lenet.runtime.imports.caffe.net import Layer, Net
from lenet.runtime.imports.lines import leaky


def read(layer: Layer, net: Net) -> int:
    """By its slope."""
    return layer.add(net, leaky(layer.settings("relu").number("negative_slope")))
