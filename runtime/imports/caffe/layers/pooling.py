"""Pooling: maxpool or avgpool, whose last window may reach beyond the border."""

from lenet.runtime.imports.caffe.net import Layer, Net, both
from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import pool
from lenet.runtime.imports.unread import Unread

_WORDS = {"MAX": "maxpool", "0": "maxpool", "AVE": "avgpool", "1": "avgpool"}


def read(layer: Layer, net: Net) -> int:
    """Of windows, or of the whole map."""
    settings, x = layer.settings("pooling"), layer.as_map(net)
    kind = settings.text("pool", "MAX")
    word = _WORDS.get(kind)
    if word is None:
        raise Unread(f"whose pool is {kind[:40]}")
    if settings.flag("global_pooling"):
        return layer.add(net, Head(word, ("all",)), x)
    shape = net.draft.shape(x)
    window, stride = both(settings, "kernel", 1, "kernel_size"), both(settings, "stride", 1)
    pad = both(settings, "pad", 0)
    if window == shape[1:] and not any(pad):
        return layer.add(net, Head(word, ("all",)), x)
    if word == _WORDS["AVE"] and any(pad):
        raise Unread("of means, whose pad is counted in some windows only")
    rest = [(shape[1 + k] + 2 * pad[k] - window[k]) % stride[k] for k in (0, 1)]
    up = any(rest) and settings.text("round_mode", "CEIL") in ("CEIL", "0")
    return layer.add(net, pool(word, shape, window, stride, (*pad, *pad), up), x)
