"""InnerProduct: linear."""

from lenet.runtime.imports.caffe.net import Layer, Net
from lenet.runtime.imports.lines import linear
from lenet.runtime.imports.unread import Unread


def read(layer: Layer, net: Net) -> int:
    """Of all values."""
    settings = layer.settings("inner_product")
    if settings.whole("axis", 1) != 1:
        raise Unread(f"whose axis is {settings.whole('axis')}")
    head = linear(settings.whole("num_output"), settings.flag("bias_term", True))
    return layer.add(net, head, layer.as_vector(net))
