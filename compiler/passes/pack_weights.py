"""Weights of 1x1 convolutions in the order in which they are read."""

from dataclasses import replace
from math import prod

from lenet.compiler.kernels.shared.packed import PACKED
from lenet.dsl.graph import Graph, Node

_INPUTS = 32  # at least


def pack_weights(graph: Graph) -> Graph:
    """conv 64x1x1  =>  conv 64x1x1 packed=True: in prediction, a tile's weights lie in one piece.

    Weights lie [in][out], so that a tile, which makes some outputs of all inputs, would read a few
    floats from each of many lines of the cache, a power of two apart as often as not. Training goes
    without, whose weights would have to be brought into that order in each step.
    """
    return graph.with_nodes(tuple(_packed(node) for node in graph.nodes))


def _packed(node: Node) -> Node:
    by_sums = node.arguments.get("algorithm") == "direct" and not node.arguments["groups"]
    if not by_sums or node.given[0] < _INPUTS or prod(node.arguments["size"][1:]) != 1:
        return node
    return replace(node, arguments={**node.arguments, PACKED: True})
