"""Pad: pad, or shortcut where it adds channels; before a normalization, `pad` of the data."""

from dataclasses import replace

from lenet.runtime.imports.draft import Head, Sizes
from lenet.runtime.imports.lines import SHORTCUT, padded, sizes
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread


def read(op: Op) -> Value:
    """With zeros."""
    op.only(mode="constant")
    if op.floats(2).any():
        raise Unread("with another value than 0")
    x = op.raw(0)
    pads, rank = op.whole(1) or [], len(x.graph_shape) + 1
    axes = x.places_of(op.whole(3, list(range(1, rank))) or [], rank)
    if len(pads) == 2 * rank:
        if pads[0] or pads[rank]:
            raise Unread("of the axis of the images")
        pads = pads[1:rank] + pads[rank + 1 :]
    ours = {x.axes()[axis]: (pads[k], pads[k + len(axes)]) for k, axis in enumerate(axes)}
    if min(pads, default=0) < 0:
        raise Unread("which takes away")
    channels, (above, below), (left, right) = (ours.get(k, (0, 0)) for k in (0, 1, 2))
    around = (above, left, below, right)
    if not any(channels) and not any(around):
        return x
    if len(x.shape) != 3 or x.order is not None:
        raise Unread("of values that are no maps")
    front = x.front
    even = around[:2] == around[2:]
    if front is not None and front.bare and even and not any(channels):
        return replace(x, front=replace(front, pad=around[:2]))
    value = op.reading.settled(x)
    step = value.step
    if channels[0]:
        raise Unread("of channels before the first one")
    if channels[1]:
        width = sizes("", (x.shape[0] + channels[1],), "width")
        step = _shortcut(op, step, width)
    if any(around):
        step = op.draft.add(padded(around), step)
    return Value(step, op.draft.shape(step))


def _shortcut(op: Op, step: int, width: Sizes) -> int:
    """A line; or more channels for one that leaves rows and columns out."""
    before = op.draft.steps[step]
    if before.head.word == SHORTCUT and op.alone():
        head = Head(SHORTCUT, (width, *before.head.parts[1:]))
        return op.draft.add(head, before.inputs[0])
    return op.draft.add(Head(SHORTCUT, (width,)), step)
