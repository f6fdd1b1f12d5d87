"""Slice: slice, for each of its outputs."""

from lenet.runtime.imports.caffe.net import Layer, Net
from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import sizes
from lenet.runtime.imports.unread import Unread


def read(layer: Layer, net: Net) -> tuple[int, ...]:
    """Of channels, at points that are named, or into alike parts."""
    settings, tops = layer.settings("slice"), len(layer.message.texts("top"))
    if settings.whole("axis", settings.whole("slice_dim", 1)) != 1:
        raise Unread("along another axis than that of the channels")
    channels = net.draft.shape(layer.x)[0]
    points = settings.wholes("slice_point") or [channels * k // tops for k in range(1, tops)]
    parts = []
    for first, behind in zip([0, *points], [*points, channels], strict=True):
        to = () if behind == channels else (sizes("to", (behind,), "number"),)
        parts.append(layer.add(net, Head("slice", (sizes("", (first,), "number"), *to))))
    return tuple(parts)
