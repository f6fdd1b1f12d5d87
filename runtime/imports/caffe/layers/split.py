"""Split: nothing; several may read a value."""

from lenet.runtime.imports.caffe.net import Layer, Net


def read(layer: Layer, net: Net) -> int:
    """The value itself."""
    return layer.x
