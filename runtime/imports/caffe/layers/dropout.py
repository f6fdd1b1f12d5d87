"""Dropout: dropout."""

from lenet.runtime.imports.caffe.net import Layer, Net
from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import number


def read(layer: Layer, net: Net) -> int:
    """With its ratio."""
    ratio = layer.settings("dropout").number("dropout_ratio", 0.5)
    return layer.add(net, Head("dropout", (number(ratio),)))
