"""Scale: nothing behind BatchNorm, whose scale and shift it is; else layerscale or depthwise."""

from lenet.dsl.registry import layers
from lenet.runtime.imports.caffe.net import Layer, Net
from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import sizes
from lenet.runtime.imports.unread import Unread


def read(layer: Layer, net: Net) -> int:
    """Of each channel."""
    settings = layer.settings("scale")
    if len(layer.inputs) > 1:
        return net.draft.join("multiply", layer.inputs, layer.name)
    if settings.whole("axis", 1) != 1 or settings.whole("num_axes", 1) != 1:
        raise Unread("along another axis than that of the channels")
    before = layers().get(net.draft.steps[layer.x].head.word)
    if before is not None and before.normalizes:
        return layer.x
    if not settings.flag("bias_term"):
        return layer.add(net, Head("layerscale"))
    kernel = sizes("", (1, 1), "kernel")
    return layer.add(net, Head("depthwise", (kernel,)), layer.as_map(net))
