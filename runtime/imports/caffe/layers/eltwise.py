"""Eltwise: add or multiply."""

from lenet.runtime.imports.caffe.net import Layer, Net
from lenet.runtime.imports.unread import Unread


def read(layer: Layer, net: Net) -> int:
    """Without coefficients."""
    settings = layer.settings("eltwise")
    kind = settings.text("operation", "SUM")
    if any(float(own) != 1 for own in settings.texts("coeff")):
        raise Unread("with coefficients other than 1")
    if kind in ("SUM", "1"):
        return net.draft.join("add", layer.inputs, layer.name)
    if kind in ("PROD", "0"):
        return net.draft.join("multiply", layer.inputs, layer.name)
    raise Unread(f"whose operation is {kind[:40]}")
