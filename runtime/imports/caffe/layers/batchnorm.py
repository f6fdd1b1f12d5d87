"""BatchNorm: batchnorm; its scale and its shift are a layer of their own there."""

from lenet.runtime.imports.caffe.net import Layer, Net
from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import option


def read(layer: Layer, net: Net) -> int:
    """With its epsilon and the part of a new batch."""
    settings = layer.settings("batch_norm")
    parts = (
        *option("momentum", 1 - settings.number("moving_average_fraction", 0.999), 0.1),
        *option("epsilon", settings.number("eps", 1e-5), 1e-5),
    )
    return layer.add(net, Head("batchnorm", parts))
