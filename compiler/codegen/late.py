"""Gradients that are computed when their weights change, and not with those of the other layers.

The gradient of a wide linear layer has a number for each of its weights, in each slice; what it is
made of, the layer's inputs and the gradients of its outputs, are far fewer. So the slices keep
these, and some rows of the gradient are computed at a time, added up and used: they never lie in
memory as a whole.
"""

from collections.abc import Mapping

from lenet.compiler.function import definition
from lenet.compiler.memory.layout import Late
from lenet.compiler.memory.schedule import Layer
from lenet.dsl.graph import Graph
from lenet.dsl.optimizers import OPTIMIZERS
from lenet.dsl.training.values import Train

_HEAD = "late_gradient(layer, factors, count, begin, end, gradient, place)"
_DOC = """From `place` on, the gradients of the weights of a layer's inputs begin … end, summed over
    the images of `count` blocks, of which train_slice has left `factors`."""


def may_wait(graph: Graph, layers: Mapping[str, Layer]) -> bool:
    """Whether gradients of a net may wait: nothing has to be known of all of them before the first
    weight changes, and the whole batch of nothing before they are computed."""
    train = graph.train or Train()
    optimizer = OPTIMIZERS[train.optimizer.name]
    looks = optimizer.by_tensor or optimizer.whole or train.prune is not None
    clips = train.clip is not None and train.clip.kind == "norm"
    return not (looks or clips or any(layer.kernels.statistics for layer in layers.values()))


def late_of(graph: Graph, layers: Mapping[str, Layer]) -> tuple[Late, ...]:
    """In the order of the layers."""
    waiting = [(node, layers[node.name]) for node in graph.nodes if layers[node.name].kernels.late]
    return tuple(
        Late(layer.bases["w"], node.given[0], node.shape[0], layer.kernels.late_runs)
        for node, layer in waiting
    )


def late_functions(layers: Mapping[str, Layer]) -> set[str]:
    """The functions that late_gradient calls."""
    return {f"{layer.prefix}_late" for layer in layers.values() if layer.kernels.late}


def late_source(graph: Graph, layers: Mapping[str, Layer]) -> str:
    """late_gradient, which knows the layers by their numbers, if there is any."""
    lines: list[str] = []
    for node in graph.nodes:
        layer = layers[node.name]
        if layer.kernels.late is None:
            continue
        call = f"{layer.prefix}_late(factors, {layer.bases['factor']} * count, "
        lines.append(f"{'elif' if lines else 'if'} layer == {len(lines) // 2}:")
        lines.append(f"    {call}count, begin, end, gradient, place)")
    if not lines:
        return ""
    return "\n\n" + definition(_HEAD, _DOC, "\n".join(lines), decorator="Entry")
