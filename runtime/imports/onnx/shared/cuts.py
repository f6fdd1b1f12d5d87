"""Parts of values."""

import numpy as np

from lenet.runtime.imports.draft import Head, Sizes
from lenet.runtime.imports.lines import SHORTCUT, cropped, sizes
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread


def cut(op: Op, x: Value, ranges: dict[int, slice]) -> Value:
    """The part of a value with these ranges of its axes there, without that of the images: slice,
    crop, or shortcut where rows and columns are left out between."""
    axes = x.axes()
    if not axes:
        raise Unread("of values in an order into which no word brings them")
    places = {}
    for axis, own in ranges.items():
        found = range(x.graph_shape[axis])[own]
        ours = axes[axis]
        if len(found) == 0 or found.step < 0:
            raise Unread("which leaves nothing, or turns values round")
        if len(found) < x.graph_shape[axis] and ours is None:
            raise Unread("of an axis of one place")
        if len(found) < x.graph_shape[axis]:
            places[ours or 0] = found
    step = x.step
    if 0 in places:
        step = _channels(op, step, places[0])
    rows, columns = (places.get(k) for k in (1, 2))
    if rows or columns:
        step = _places(op, step, rows, columns)
    shape = op.draft.shape(step)
    y = Value(step, shape)
    if x.order is None:
        return y
    if len(shape) == 1:
        return op.moved(y, y.full_order.reshape([shape[0] if a == 0 else 1 for a in axes]))
    return op.moved(y, y.full_order.transpose([axis or 0 for axis in axes]))


def _channels(op: Op, step: int, kept: range) -> int:
    if kept.step != 1:
        raise Unread("of every so many channels")
    first = sizes("", (kept[0],), "number")
    to: tuple[Sizes, ...] = (sizes("to", (kept[-1] + 1,), "number"),)
    if kept[-1] + 1 == op.draft.shape(step)[0]:
        to = ()
    return op.draft.add(Head("slice", (first, *to)), step)


def _places(op: Op, step: int, rows: range | None, columns: range | None) -> int:
    channels, height, width = op.draft.shape(step)
    rows, columns = rows or range(height), columns or range(width)
    strides = (rows.step if len(rows) > 1 else 1, columns.step if len(columns) > 1 else 1)
    behind = [size - 1 - own[-1] for size, own in ((height, rows), (width, columns))]
    before = [rows[0], columns[0]]
    if strides == (1, 1):
        return op.draft.add(cropped((before[0], before[1], behind[0], behind[1])), step)
    wholly = all(len(own) == len(np.arange(0, size, s)) for own, size, s in
                 zip((rows, columns), (height, width), strides, strict=True))  # fmt: skip
    if any(before) or not wholly:
        raise Unread("of every so many rows or columns, but not from the first to the last")
    width_of = Sizes("", (channels,), ("width",))
    head = Head(SHORTCUT, (width_of, sizes("stride", strides, "step", (1, 1))))
    return op.draft.add(head, step)
