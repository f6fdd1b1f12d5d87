"""Flatten: flatten."""

from lenet.runtime.imports.caffe.net import Layer, Net


def read(layer: Layer, net: Net) -> int:
    """All but the images."""
    return layer.as_vector(net)
