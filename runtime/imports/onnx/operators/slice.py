"""Slice: slice, crop, or shortcut."""

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.cuts import cut
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """By constants."""
    x = op.x
    first, behind = op.whole(1) or [], op.whole(2) or []
    axes = op.whole(3, list(range(len(first)))) or []
    steps = op.whole(4, [1] * len(first)) or []
    rank = len(x.graph_shape) + 1
    ranges = {}
    for axis, *own in zip(axes, first, behind, steps, strict=True):
        if axis % rank == 0 and own == [0, max(own[1], x.graph_shape[0]), 1]:
            continue  # all images
        ranges[x.places_of([axis], rank)[0]] = slice(*own)
    return cut(op, x, ranges)
