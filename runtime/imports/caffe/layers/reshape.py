"""Reshape: reshape or flatten."""

from lenet.dsl.shapes import product
from lenet.runtime.imports.caffe.net import Layer, Net
from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import reshaped
from lenet.runtime.imports.unread import Unread


def read(layer: Layer, net: Net) -> int:
    """All but the images; 0 is the size of before, -1 what is left."""
    shape = net.draft.shape(layer.x)
    first, *sizes = layer.settings("reshape").part("shape").wholes("dim") or [0]
    whole = [shape[k] if size == 0 and k < len(shape) else size for k, size in enumerate(sizes)]
    known = product([size for size in whole if size != -1])
    if first not in (0, -1) or whole.count(-1) > 1 or known < 1 or product(shape) % known:
        raise Unread(f"to {[first, *sizes]}, which does not keep the images apart")
    target = tuple(product(shape) // known if size == -1 else size for size in whole)
    while len(target) > 1 and target[-1] == 1:
        target = target[:-1]
    if len(target) == 1:
        return layer.add(net, Head("flatten"))
    if len(target) == 2:
        target = (*target, 1)
    return layer.add(net, reshaped(target))
