"""Softmax: logsoftmax, with which nets are trained; predictions are its probabilities."""

from lenet.runtime.imports.caffe.net import Layer, Net
from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.unread import Unread


def read(layer: Layer, net: Net) -> int:
    """Of the channels; a map of one place is a vector."""
    if layer.settings("softmax").whole("axis", 1) != 1:
        raise Unread("over another axis than that of the channels")
    shape = net.draft.shape(layer.x)
    if shape[1:] not in ((), (1, 1)):
        return layer.add(net, Head("softmax"))
    return layer.add(net, Head("logsoftmax"), layer.as_vector(net))
