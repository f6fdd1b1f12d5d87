"""LRN: lrn, of neighbouring channels."""

from lenet.runtime.imports.caffe.net import Layer, Net
from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import option, sizes
from lenet.runtime.imports.unread import Unread


def read(layer: Layer, net: Net) -> int:
    """Of neighbouring channels; Caffe's alpha is of their mean, as ours."""
    settings = layer.settings("lrn")
    if settings.text("norm_region", "ACROSS_CHANNELS") not in ("ACROSS_CHANNELS", "0"):
        raise Unread("of neighbouring places, not channels")
    options = (
        *option("alpha", settings.number("alpha", 1), 1e-4),
        *option("beta", settings.number("beta", 0.75), 0.75),
        *option("k", settings.number("k", 1), 1),
    )
    size = sizes("", (settings.whole("local_size", 5),), "near")
    return layer.add(net, Head("lrn", (size, *options)))
