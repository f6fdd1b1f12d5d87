"""Convolution: conv or depthwise."""

from lenet.runtime.imports.caffe.net import Layer, Net, both
from lenet.runtime.imports.lines import convolution


def read(layer: Layer, net: Net) -> int:
    """With a bias, unless `bias_term` is false."""
    settings, x = layer.settings("convolution"), layer.as_map(net)
    pad = both(settings, "pad", 0)
    head = convolution(
        net.draft.shape(x), settings.whole("num_output"),
        both(settings, "kernel", 1, "kernel_size"), both(settings, "stride", 1), (*pad, *pad),
        both(settings, "dilation", 1), max(1, settings.whole("group", 1)),
        settings.flag("bias_term", True),
    )  # fmt: skip
    return layer.add(net, head, x)
