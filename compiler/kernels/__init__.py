"""Code for the layers: one module a layer, named like its meaning in dsl/layers.

A layer that no file has, since a pass makes it, has its entry in its module here.
"""

import importlib
from functools import cache
from types import ModuleType

from lenet.dsl.graph import Node
from lenet.dsl.registry import Layer, layers


@cache
def module_of(kind: str) -> ModuleType:
    """The module with a layer's code generators."""
    return importlib.import_module(f"{__name__}.{kind}")


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
    return node.fused if entry_of(node).composite else (node, *node.folded, *node.fused)
