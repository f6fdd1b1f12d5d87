"""Layers with windows: convolutions and pools."""

from typing import Any

from lenet.compiler.onnx.shared.writing import Layer
from lenet.dsl.graph import Node
from lenet.dsl.padding import sides_of


def pads_of(node: Node) -> list[int]:
    """What a layer's `pad` adds: above, left, below, right."""
    (above, below), (left, right) = sides_of(node.arguments["pad"])
    return [above, left, below, right]


def convolution(layer: Layer, kernel: tuple[int, ...], groups: int) -> str:
    """A Conv with the layer's weight, and its bias if it has one."""
    arguments = layer.node.arguments
    return layer.op(
        "Conv", layer.x, *layer.tensors(), kernel_shape=list(kernel), group=groups,
        pads=pads_of(layer.node), strides=list(arguments["stride"]),
        dilations=list(arguments["dilate"] or (1, 1)),
    )  # fmt: skip


def pool(layer: Layer, kind: str, of_all: str, **attributes: Any) -> str:
    """The operation `kind` of each window, or `of_all` of the whole map where that is its window.

    A window that reaches beyond the border, by `round up`, has padding there: its number of rows
    and columns follows from that of the windows.
    """
    node = layer.node
    if len(node.shape) == 1:
        return layer.op(of_all, layer.x, layer.whole((2, 3), "axes"), keepdims=0)
    window, stride = node.arguments["window"], node.arguments["stride"]
    sides = sides_of(node.arguments.get("pad"))
    before = [side[0] for side in sides]
    behind = [
        max(0, (node.shape[1 + k] - 1) * stride[k] + window[k] - node.given[1 + k] - before[k])
        for k in (0, 1)
    ]
    return layer.op(
        kind, layer.x, kernel_shape=list(window), strides=list(stride), pads=before + behind,
        **attributes,
    )  # fmt: skip


def means(layer: Layer) -> str:
    """The mean of each window's values in the map."""
    return pool(layer, "AveragePool", "ReduceMean", count_include_pad=0)
