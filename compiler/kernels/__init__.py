"""Code for the layers: one module a layer, named like its meaning in dsl/layers.

A layer that no file has, since a pass makes it, has its entry in its module here.
"""

from functools import cache
from types import ModuleType

from lenet.dsl.graph import Node
from lenet.dsl.registry import Layer, layers
from lenet.dsl.vocabulary import carried_out


@cache
def module_of(kind: str) -> ModuleType:
    """The module with a layer's code generators."""
    module = carried_out(__name__, kind)
    assert isinstance(module, ModuleType)
    return module


def entry_of(node: Node) -> Layer:
    """The entry of a node's layer, with its traits."""
    known = layers().get(node.kind)
    if known is not None:
        return known
    made = module_of(node.kind).LAYER
    assert isinstance(made, Layer)
    return made


def parts_of(node: Node) -> tuple[Node, ...]:
    """The layers of the file that a node stands for."""
    if entry_of(node).composite:
        return tuple(part for fused in node.fused for part in parts_of(fused))
    return (node, *node.folded, *node.fused)


def carriers_of(node: Node) -> tuple[Node, ...]:
    """The layers that have a node's tensors: itself, or what a pass has made it of."""
    return node.fused if entry_of(node).composite else (node,)
