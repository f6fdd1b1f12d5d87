"""Concat: concat."""

from lenet.runtime.imports.caffe.net import Layer, Net
from lenet.runtime.imports.unread import Unread


def read(layer: Layer, net: Net) -> int:
    """Of channels."""
    settings = layer.settings("concat")
    if settings.whole("axis", settings.whole("concat_dim", 1)) != 1:
        raise Unread("along another axis than that of the channels")
    if len(layer.inputs) == 1:
        return layer.x
    return net.draft.join("concat", layer.inputs, layer.name)
