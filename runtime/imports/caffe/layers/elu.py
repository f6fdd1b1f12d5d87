"""ELU: elu."""

from lenet.runtime.imports.caffe.net import Layer, Net
from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import option


def read(layer: Layer, net: Net) -> int:
    """With its alpha."""
    alpha = layer.settings("elu").number("alpha", 1)
    return layer.add(net, Head("elu", option("alpha", alpha, 1)))
