"""BNLL: softplus."""

from lenet.runtime.imports.caffe.net import Layer, Net
from lenet.runtime.imports.draft import Head


def read(layer: Layer, net: Net) -> int:
    """Of each value."""
    return layer.add(net, Head("softplus"))
