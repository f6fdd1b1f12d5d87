"""PReLU: prelu."""

from lenet.runtime.imports.caffe.net import Layer, Net
from lenet.runtime.imports.draft import Head


def read(layer: Layer, net: Net) -> int:
    """With a slope for each channel, or one for all."""
    shared = layer.settings("prelu").flag("channel_shared")
    return layer.add(net, Head("prelu", ("shared",) if shared else ()))
