"""Deconvolution: upconv."""

from lenet.runtime.imports.caffe.net import Layer, Net, both
from lenet.runtime.imports.draft import Head, Sizes
from lenet.runtime.imports.lines import NO_BIAS, sizes
from lenet.runtime.imports.unread import Unread


def read(layer: Layer, net: Net) -> int:
    """Of all channels."""
    settings = layer.settings("convolution")
    if settings.whole("group", 1) != 1:
        raise Unread(f"whose group is {settings.whole('group')}")
    window = both(settings, "kernel", 1, "kernel_size")
    parts = (
        Sizes("", (settings.whole("num_output"), *window), ("width", "kernel", "kernel")),
        sizes("stride", both(settings, "stride", 1), "step", (1, 1)),
        sizes("pad", both(settings, "pad", 0), "margin", (0, 0)),
        sizes("dilate", both(settings, "dilation", 1), "apart", (1, 1)),
    )
    end = () if settings.flag("bias_term", True) else (NO_BIAS,)
    return layer.add(net, Head("upconv", (*parts, *end)), layer.as_map(net))
