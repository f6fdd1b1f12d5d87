"""In prediction, layers with int8 weights compute of bytes."""

from collections.abc import Set

from lenet.compiler.kernels import module_of
from lenet.compiler.kernels.shared.words import in_words
from lenet.dsl.graph import Graph, Node


def quantize(graph: Graph, layers: Set[str]) -> Graph:
    """conv 12x5x5  =>  conv of bytes, for the layers of these names.

    The values between layers stay float32: such a layer makes bytes of its input by the settings
    that were calibrated for it, sums products of whole numbers, and gives floats again.
    """
    return graph.with_nodes(
        tuple(in_words(node) if node.name in layers else node for node in graph.nodes)
    )


def has_integers(node: Node) -> bool:
    """Whether there are kernels of bytes for a layer."""
    fitting = getattr(module_of(node.kind), "has_integers", None)
    return fitting is not None and bool(fitting(node))
