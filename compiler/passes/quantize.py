"""In prediction, layers with int8 weights compute of bytes."""

from collections.abc import Set
from dataclasses import replace

from lenet.compiler.kernels import carriers_of, module_of
from lenet.compiler.kernels.shared.words import in_words
from lenet.dsl.graph import Graph, Node


def quantize(graph: Graph, layers: Set[str]) -> Graph:
    """conv 12x5x5  =>  conv of bytes, for the layers of these names.

    The values between layers stay float32: such a layer makes bytes of its input by the settings
    that were calibrated for it, sums products of whole numbers, and gives floats again.
    """
    nodes: list[Node] = []
    ends: dict[str, str] = {}  # of what a pass has put together, and is parted: its last layer
    for node in graph.nodes:
        node = replace(node, inputs=tuple(ends.get(name, name) for name in node.inputs))
        carriers = carriers_of(node)
        if layers.isdisjoint(carrier.name for carrier in carriers):
            nodes.append(node)
            continue
        first = replace(carriers[0], inputs=node.inputs)
        parts = (first, *carriers[1:])
        nodes += [in_words(part) if part.name in layers else part for part in parts]
        ends[node.name] = parts[-1].name
    return graph.with_nodes(tuple(nodes))


def has_integers(node: Node) -> bool:
    """Whether there are kernels of bytes for a layer."""
    fitting = getattr(module_of(node.kind), "has_integers", None)
    return fitting is not None and bool(fitting(node))
