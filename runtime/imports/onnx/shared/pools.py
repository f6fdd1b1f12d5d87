"""Pools: of windows, and of whole maps."""

from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import Pads, reach_of
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.windows import pads_of, two
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread


def window_of(op: Op, step: int) -> tuple[tuple[int, int], tuple[int, int], Pads, bool]:
    """The window, its stride, what is around the map, and whether the last window may reach beyond
    that."""
    window, stride = two(op, "kernel_shape"), two(op, "strides")
    op.only(dilations=[1, 1], storage_order=0)
    pads = pads_of(op, op.draft.shape(step), reach_of(window, (1, 1)), stride)
    return window, stride, pads, bool(op.attribute("ceil_mode", 0))


def reaches_beyond(op: Op, step: int, window: tuple[int, int], stride: tuple[int, int],
                   pads: Pads, ceil: bool) -> tuple[Pads, bool]:  # fmt: skip
    """Pads without what only lets a last window reach beyond the border, and whether one does: as
    `round up` says it."""
    shape, before = op.draft.shape(step), pads[:2]
    rooms = [[size + own + behind - w for behind in (own, more)] for size, own, more, w in
             zip(shape[1:], before, pads[2:], window, strict=True)]  # fmt: skip
    if not ceil and all(a // s == b // s for (a, b), s in zip(rooms, stride, strict=True)):
        return (*before, *before), False  # the same windows
    up = False
    for axis in (0, 1):
        more = pads[2 + axis] - before[axis]
        room = shape[1 + axis] + 2 * before[axis] - window[axis]
        left = room % stride[axis] if room >= 0 else 0
        if more > 0 and left and left + more == stride[axis]:
            up = True
        elif more != 0:
            return pads, ceil
    return (*before, *before), up or ceil


def of_all(op: Op, word: str, keeps: bool, x: Value) -> Value:
    """One number a channel."""
    value = op.reading.settled(x)
    if len(value.shape) != 3:
        raise Unread("of a vector")
    y = op.add(Head(word, ("all",)), value.step)
    axes = value.axes()
    if not axes:
        raise Unread("of values in an order into which no word brings them")
    shape = [y.shape[0] if axis == 0 else 1 for axis in axes]
    return op.moved(y, y.full_order.reshape(shape if keeps else y.shape))


def reduced(op: Op, word: str) -> Value:
    """A reduction over all places, as a pool of the whole map."""
    x = op.reading.settled(op.raw(0))
    rank = len(x.graph_shape) + 1
    places = sorted(x.axes()[k] or 0 for k in x.places_of(op.whole(1) or [], rank))
    keeps = bool(op.attribute("keepdims", 1))
    if len(x.shape) == 1 and not keeps and not any(places):
        return op.moved(x, x.full_order.reshape(x.shape))  # of axes of one place
    if places != [1, 2]:
        raise Unread("over axes other than rows and columns")
    return of_all(op, word, keeps, x)
